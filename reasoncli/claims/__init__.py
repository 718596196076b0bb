"""What an issue shows by itself: statements with what they gave, run at the base and under candidates."""
