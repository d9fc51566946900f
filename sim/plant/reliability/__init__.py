"""How servers fail, and how long repair takes."""
