"""Looks after a warehouse: keeps copies of what no build can make again, puts them back, starts anew, and forgets erased people."""
