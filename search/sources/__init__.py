"""Reading sheets: files of every kind become Fiche values, and what is wrong with them is reported."""
