"""Questions about events, put to Datadog or to the journals, and their answers for people."""
