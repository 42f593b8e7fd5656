"""The database: which server, who logs in, the three doors, the migrations."""
