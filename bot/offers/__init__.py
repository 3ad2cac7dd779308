"""The catalogue: offers, organizations, contacts, responsibilities, helplines and the taxonomy."""
