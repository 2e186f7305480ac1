"""Roles, users and rights are written down, and shown by the catalog views."""

from __future__ import annotations

import pytest

from deployer.emulator.errors import DatabaseError
from tests.emulator.conftest import Run

MEMBERS = """
    SELECT r.name, m.name FROM sys.database_role_members AS x
    JOIN sys.database_principals AS r ON r.principal_id = x.role_principal_id
    JOIN sys.database_principals AS m ON m.principal_id = x.member_principal_id;
"""
RIGHTS = """
    SELECT p.name, r.class_desc, OBJECT_ID(N'secret') - r.major_id, r.minor_id, r.permission_name, r.type, r.state_desc
    FROM sys.database_permissions AS r JOIN sys.database_principals AS p ON p.principal_id = r.grantee_principal_id
    ORDER BY r.permission_name;
"""


@pytest.fixture(autouse=True)
def ann(run: Run) -> None:
    run("CREATE ROLE readers; CREATE USER ann WITHOUT LOGIN;")
    run("CREATE TABLE secret (n int, t int) WITH (HEAP);")


def test_users_and_roles(run: Run) -> None:
    run(
        "CREATE USER [ben@example.org] FROM EXTERNAL PROVIDER WITH DEFAULT_SCHEMA = dbo; CREATE LOGIN ann "
        "WITH PASSWORD = 'not kept';"
    )
    assert run(
        "SELECT name, type_desc, default_schema_name FROM sys.database_principals WHERE principal_id "
        "BETWEEN 5 AND 100 ORDER BY name;"
    ) == [("ann", "SQL_USER", "dbo"), ("ben@example.org", "EXTERNAL_USER", "dbo"), ("readers", "DATABASE_ROLE", None)]
    run("DROP USER [ben@example.org]; DROP ROLE readers; DROP LOGIN ann;")
    assert run("SELECT COUNT(*) FROM sys.database_principals WHERE principal_id BETWEEN 5 AND 100;") == [(1,)]


def test_members(run: Run) -> None:
    run("ALTER ROLE readers ADD MEMBER ann; ALTER ROLE readers ADD MEMBER ann;")
    run("ALTER ROLE db_datareader ADD MEMBER readers;")
    assert sorted(run(MEMBERS)) == [("db_datareader", "readers"), ("readers", "ann")]
    run("ALTER ROLE readers DROP MEMBER ann; DROP ROLE readers;")
    assert run(MEMBERS) == []


def test_permissions(run: Run) -> None:
    run("GRANT SELECT, INSERT ON OBJECT::dbo.secret TO readers, ann WITH GRANT OPTION;")
    run(
        "DENY SELECT ON secret TO readers; REVOKE INSERT ON secret FROM readers; REVOKE INSERT ON secret TO ann CASCADE;"
    )
    run("REVOKE SELECT ON dbo.secret TO ann; GRANT UPDATE ON secret(t) TO ann; GRANT VIEW DEFINITION TO ann;")
    run("GRANT EXECUTE ON SCHEMA::dbo TO ann;")
    number = run("SELECT OBJECT_ID(N'secret') - SCHEMA_ID(N'dbo'), OBJECT_ID(N'secret');")[0]
    assert run(RIGHTS) == [
        ("ann", "SCHEMA", number[0], 0, "EXECUTE", "EX  ", "GRANT"),
        ("readers", "OBJECT_OR_COLUMN", 0, 0, "SELECT", "SL  ", "DENY"),
        ("ann", "OBJECT_OR_COLUMN", 0, 2, "UPDATE", "UP  ", "GRANT"),
        ("ann", "DATABASE", number[1], 0, "VIEW DEFINITION", "VW  ", "GRANT"),
    ]
    run("DROP TABLE secret; DROP USER ann;")
    assert run("SELECT COUNT(*) FROM sys.database_permissions;") == [(0,)]


@pytest.mark.parametrize(
    ("batch", "number"),
    [
        ("GRANT SELECT ON secret TO nobody;", 15151),
        ("GRANT SELECT ON nothing TO ann;", 15151),
        ("GRANT SELECT ON SCHEMA::nothing TO ann;", 15151),
        ("GRANT SELECT ON secret(x) TO ann;", 1911),
        ("GRANT READING ON secret TO ann;", 102),
        ("CREATE USER ann WITHOUT LOGIN;", 15023),
        ("CREATE ROLE db_owner;", 15023),
        ("DROP USER nobody;", 15151),
        ("ALTER ROLE nothing ADD MEMBER ann;", 15151),
        ("ALTER ROLE readers ADD MEMBER nobody;", 15151),
        ("ALTER ROLE readers ADD MEMBER ann; DROP ROLE readers;", 15144),
        ("BEGIN TRAN; CREATE ROLE late;", 226),
    ],
)
def test_what_is_not_there_is_refused(run: Run, batch: str, number: int) -> None:
    with pytest.raises(DatabaseError) as refusal:
        run(batch)
    assert refusal.value.number == number, refusal.value
