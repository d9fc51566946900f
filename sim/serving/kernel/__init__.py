"""The compiled pool: machine code over plain records. It knows no units, no files and no objects."""
