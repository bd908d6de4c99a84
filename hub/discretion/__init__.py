"""Who may see what: which complaints are confidential, who is accused, and what of them may appear where; pure."""
