"""`deployer demo`: the whole way, from training two models to scores in a database, on data made here."""
