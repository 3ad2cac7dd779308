"""From a query to ranked offers: encoder, need classifier, index, retriever, ranking."""
