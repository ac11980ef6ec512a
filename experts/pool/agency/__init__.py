"""Agencies 中介机构: an open pool with showcase and credit, and the owner's own choice of one."""
