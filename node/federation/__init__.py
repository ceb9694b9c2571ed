"""Other nodes over HTTP: the inbox, the documents, fetching and delivering. Knows nothing of the staff's pages."""
