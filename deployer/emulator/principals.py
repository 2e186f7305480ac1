"""Roles, users and rights: written down for whoever asks, and enforced on nobody: the one login owns the database.

Each function runs one kind of statement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.emulator import ddl
from deployer.emulator.errors import ProgrammingError
from deployer.emulator.own_tables import NOW, OWN
from deployer.emulator.sys_views import FIXED_ROLES, RESOURCE_CLASSES

if TYPE_CHECKING:
    from deployer.emulator.session import Session

_FIRST_USER = 5
"""Before it: public, dbo, guest, INFORMATION_SCHEMA and sys."""


def _kind(session: Session, name: str) -> str | None:
    """ROLE, USER or LOGIN; None for a name that nobody has."""
    lowered = name.lower()
    if lowered in FIXED_ROLES or lowered in RESOURCE_CLASSES:
        return "ROLE"
    if lowered in {"dbo", "guest"}:
        return "USER"
    rows = session.connection.execute(
        f"SELECT kind FROM {OWN}.principals WHERE lower(name) = $1 AND kind <> 'LOGIN'", [lowered]
    ).fetchall()
    return str(rows[0][0]) if rows else None


def run_create_principal(session: Session, statement: ddl.CreatePrincipal) -> None:
    session.refuse_in_transaction(f"CREATE {statement.kind}")
    name = statement.name
    logins = session.connection.execute(
        f"SELECT 1 FROM {OWN}.principals WHERE lower(name) = lower($1) AND kind = 'LOGIN'", [name]
    ).fetchall()
    if logins if statement.kind == "LOGIN" else _kind(session, name) is not None:
        raise ProgrammingError(
            f"User, group, or role '{name}' already exists in the current database."
            if statement.kind != "LOGIN"
            else f"The server principal '{name}' already exists.",
            15025 if statement.kind == "LOGIN" else 15023,
        )
    session.connection.execute(
        f"INSERT INTO {OWN}.principals SELECT greatest(coalesce(max(id) + 1, 0), {_FIRST_USER}), $1, $2, $3, $4, {NOW} "
        f"FROM {OWN}.principals",
        [name, statement.kind, statement.external, statement.default_schema],
    )


def run_drop_principal(session: Session, statement: ddl.DropPrincipal) -> None:
    session.refuse_in_transaction(f"DROP {statement.kind}")
    rows = session.connection.execute(
        f"SELECT name FROM {OWN}.principals WHERE lower(name) = lower($1) AND kind = $2",
        [statement.name, statement.kind],
    ).fetchall()
    if not rows:
        raise ProgrammingError(
            f"Cannot drop the {statement.kind.lower()} '{statement.name}', because it does not exist or you do not "
            "have permission.",
            15151,
        )
    if statement.kind == "ROLE" and _members(session, statement.name):
        raise ProgrammingError("The role has members. It must be empty before it can be dropped.", 15144)
    conditions = {"principals": f"lower(name) = lower($1) AND kind = '{statement.kind}'"}
    if statement.kind != "LOGIN":
        conditions |= {"members": "lower(member) = lower($1)", "permissions": "lower(principal) = lower($1)"}
    for table, condition in conditions.items():
        session.connection.execute(f"DELETE FROM {OWN}.{table} WHERE {condition}", [statement.name])


def _members(session: Session, role: str) -> list[str]:
    rows = session.connection.execute(
        f"SELECT member FROM {OWN}.members WHERE lower(role) = lower($1)", [role]
    ).fetchall()
    return [str(member) for (member,) in rows]


def run_alter_role(session: Session, statement: ddl.AlterRole) -> None:
    session.refuse_in_transaction("ALTER ROLE")
    if _kind(session, statement.name) != "ROLE" or statement.name.lower() == "public":
        raise ProgrammingError(
            f"Cannot alter the role '{statement.name}', because it does not exist or you do not have permission.", 15151
        )
    if _kind(session, statement.member) is None:
        raise ProgrammingError(
            f"Cannot add the principal '{statement.member}', because it does not exist or you do not have permission.",
            15151,
        )
    member = [statement.name, statement.member]
    session.connection.execute(
        f"DELETE FROM {OWN}.members WHERE lower(role) = lower($1) AND lower(member) = lower($2)", member
    )
    if statement.add:
        session.connection.execute(f"INSERT INTO {OWN}.members VALUES ($1, $2)", member)


def run_permit(session: Session, statement: ddl.Permit) -> None:
    # That rights are refused in a transaction, as DDL is, is inferred.
    session.refuse_in_transaction(statement.verb)
    number = _securable(session, statement.securable)
    for principal in statement.principals:
        if _kind(session, principal) is None:
            raise ProgrammingError(
                f"Cannot find the user '{principal}', because it does not exist or you do not have permission.", 15151
            )
    state = {"GRANT": "W" if statement.grant_option else "G", "DENY": "D", "REVOKE": ""}[statement.verb]
    securable = statement.securable
    name = (securable.name.name or securable.name.schema) if securable.name is not None else ""
    for principal in statement.principals:
        for permission in statement.permissions:
            for column in securable.columns or ("",):
                place = [principal, securable.kind, name, number, column, permission]
                session.connection.execute(
                    f"DELETE FROM {OWN}.permissions WHERE lower(principal) = lower($1) AND class = $2 AND "
                    "lower(name) = lower($3) AND object_id = $4 AND lower(column_name) = lower($5) AND permission = $6",
                    place,
                )
                if state:
                    session.connection.execute(
                        f"INSERT INTO {OWN}.permissions VALUES ($1, $2, $3, $4, $5, $6, $7)", [*place, state]
                    )


def _securable(session: Session, securable: ddl.Securable) -> int:
    """The number of the object, 0 for what is none; Msg 15151 for what is not there."""
    if securable.name is None or securable.kind == "DATABASE":
        return 0
    name = securable.name
    if securable.kind == "OBJECT":
        entry = session.catalog.find(name)
        if entry is not None:
            known = {column.name.lower() for column in entry.columns}
            missing = next((column for column in securable.columns if column.lower() not in known), None)
            if missing is not None:
                raise ProgrammingError(f"Invalid column name '{missing}'.", 1911)
            return entry.id
    elif securable.kind == "SCHEMA":
        if session.catalog.has_schema(name.schema):
            return 0
    elif _kind(session, name.schema) == securable.kind:
        return 0
    raise ProgrammingError(
        f"Cannot find the {securable.kind.lower()} '{name if name.name else name.schema}', because it does not exist "
        "or you do not have permission.",
        15151,
    )
