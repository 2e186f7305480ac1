"""The emulator's server: TDS 7.4 (and 8.0, strict), so that any client of SQL Server can connect.

`server` listens, `client` serves one connection on two threads: one reads packets, so that it sees an attention or a
hang-up while the other runs a statement. `channel` is the socket with TLS, `packets` and `wire` cut and read bytes,
`prelogin` and `login` are the handshake, `requests` what a client asks, `procedures` the system procedures that drivers
call, `tokens`, `type_info`, `values` and `rows` the answer.

The source of every layout is [MS-TDS], Microsoft's open specification of the protocol; sections are named where they
are used. All sizes that come from the wire are held against a limit before memory is taken for them.
"""
