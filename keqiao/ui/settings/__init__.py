"""The pages where a company makes the product its own: fields, rights, people, tokens, numbers."""
