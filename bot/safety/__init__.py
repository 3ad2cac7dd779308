"""Crisis detection, what is shown in a crisis, and guards over wording."""
