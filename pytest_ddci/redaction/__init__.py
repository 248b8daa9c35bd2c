"""What `redact` is made of: secret variables and their spellings, token shapes, assignments."""
