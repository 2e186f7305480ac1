"""Results for people (`text`) and for programs (`data`), and a bar while they come (`progress`)."""
