"""What functions give for what they are given, right ones and broken ones: the checks that bugs fail, and how."""
