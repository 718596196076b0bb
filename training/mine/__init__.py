"""Real bug fixes out of git histories: small changes to one function by a commit that speaks of a fix.

The pattern is that of ManySStuBs4J (Karampatsis and Sutton, MSR 2020) and PySStuBs (Kamienski et al., MSR 2021),
widened from one statement to a stretch of at most five printed lines.
"""
