"""The grammar of small changes: what may be wrong with a line, and what may repair it."""

from reasoncli.edits.edit import Edit as Edit
from reasoncli.edits.edit import minimal as minimal
from reasoncli.edits.enumeration import Answers as Answers
from reasoncli.edits.enumeration import enumerate_edits as enumerate_edits
from reasoncli.edits.scope import Scope as Scope
