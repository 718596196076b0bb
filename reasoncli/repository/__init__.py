"""Git: a private snapshot of a work tree, and one patch applied to it, atomically or not at all.

    commands   git run so that nothing a repository configures gets executed
    listing    which files belong to a snapshot, and which are kept out of it
    snapshot   the private copy
    writing    a set of files written all or none, with a journal for what kill -9 leaves
    commits    a commit built in a temporary index
    applied    what was done, so that it can be taken back
    opening    the repository as the rest of the tool sees it

Only the light names below are re-exported; GitPython is imported when a repository is opened.
"""

from reasoncli.repository.applied import Applied
from reasoncli.repository.opening import Repository, open_repository
from reasoncli.repository.writing import staged_patch, write_patch

__all__ = ["Applied", "Repository", "open_repository", "staged_patch", "write_patch"]
