-- What the import wrote is taken away again, so that the next one finds what this one found.
TRUNCATE imported;
