"""Write, audit, publish: builds the warehouse and, only where everything passed, gives readers a new version of its marts as a whole."""
