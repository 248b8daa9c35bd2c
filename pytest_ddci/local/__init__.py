"""The same API, embedded: questions about CI pipelines answered from the local journals."""
