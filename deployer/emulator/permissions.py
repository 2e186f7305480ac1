"""Statements about rights: GRANT, DENY, REVOKE; roles, users and logins."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot.tokenizer_core import TokenType

from deployer.emulator import ddl
from deployer.emulator import statements as st
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.syntax import ObjectName, Syntax


class Permissions(Syntax):
    """Reads each of them from behind its first words."""

    def _read_grant(self) -> st.Statement:
        return self._permit("GRANT")

    def _read_deny(self) -> st.Statement:
        return self._permit("DENY")

    def _read_revoke(self) -> st.Statement:
        return self._permit("REVOKE")

    def _permit(self, verb: str) -> st.Statement:
        if self._text == "GRANT":
            raise NotSupportedError(f"The emulator does not know {verb} GRANT OPTION FOR.")
        permissions = [self._permission()]
        while self._match(TokenType.COMMA):
            permissions.append(self._permission())
        securable = self._securable() if self._word("ON") else ddl.Securable()
        if not (self._word("TO") or (verb == "REVOKE" and self._word("FROM"))):
            self._refuse()
        principals = [self._identifier()]
        while self._match(TokenType.COMMA):
            principals.append(self._identifier())
        grant_option = verb == "GRANT" and self._word("WITH", "GRANT", "OPTION")
        if verb != "GRANT":
            self._word("CASCADE")
        if verb == "DENY" and securable.kind == "DATABASE" and "EXECUTE" in permissions:
            # learn.microsoft.com, Permissions: GRANT, DENY, REVOKE (Synapse), general remarks.
            raise NotSupportedError("EXECUTE on a whole database cannot be denied in a dedicated SQL pool.", 104)
        return ddl.Permit(verb, tuple(permissions), securable, tuple(principals), grant_option)

    def _permission(self) -> str:
        words: list[str] = []
        while self._text not in {"ON", "TO", "FROM", "", ","}:
            words.append(self._text)
            self._advance()
        permission = " ".join(words)
        if permission not in PERMISSIONS:
            raise ProgrammingError(f"Incorrect syntax near '{permission or self._curr.text}'.", 102, 15)
        return permission

    def _securable(self) -> ddl.Securable:
        kind = "OBJECT"
        if self._next and self._next.text == "::":
            kind = self._text
            self._advance(2)
            if kind not in {"DATABASE", "SCHEMA", "OBJECT", "ROLE", "USER"}:
                raise NotSupportedError(f"The emulator does not know permissions on {kind}.")
        if kind != "OBJECT":
            return ddl.Securable(kind, ObjectName(self._identifier(), ""))
        name = self._name()
        return ddl.Securable(kind, name, self._identifiers() if self._match(TokenType.L_PAREN) else ())

    def _create_role(self) -> st.Statement:
        name = self._identifier()
        if self._word("AUTHORIZATION"):
            self._identifier()
        return ddl.CreatePrincipal("ROLE", name)

    def _create_user(self) -> st.Statement:
        """FOR LOGIN, WITHOUT LOGIN, FROM EXTERNAL PROVIDER; one default schema."""
        name = self._identifier()
        external = False
        if self._word("FOR", "LOGIN") or self._word("FROM", "LOGIN"):
            self._identifier()
        elif self._word("FROM", "EXTERNAL", "PROVIDER"):
            external = True
        else:
            self._word("WITHOUT", "LOGIN")
        schema = "dbo"
        if self._word("WITH"):
            self._need("DEFAULT_SCHEMA")
            self._match(TokenType.EQ) or self._refuse()
            schema = self._identifier()
        return ddl.CreatePrincipal("USER", name, external, schema)

    def _create_login(self) -> st.Statement:
        name = self._identifier()
        if not self._word("FROM", "EXTERNAL", "PROVIDER"):
            self._need("WITH", "PASSWORD")
            self._match(TokenType.EQ) or self._refuse()
            self._match_set((TokenType.STRING, TokenType.NATIONAL_STRING)) or self._refuse()
        return ddl.CreatePrincipal("LOGIN", name)

    def _drop_principal(self) -> st.Statement:
        return ddl.DropPrincipal(self._prev.text.upper(), self._identifier())

    def _alter_role(self) -> st.Statement:
        name = self._identifier()
        add = self._word("ADD")
        if not add:
            self._need("DROP")
        self._need("MEMBER")
        return ddl.AlterRole(name, self._identifier(), add)


PERMISSIONS: Mapping[str, str] = {
    "SELECT": "SL",
    "INSERT": "IN",
    "UPDATE": "UP",
    "DELETE": "DL",
    "EXECUTE": "EX",
    "REFERENCES": "RF",
    "CONTROL": "CL",
    "ALTER": "AL",
    "VIEW DEFINITION": "VW",
    "TAKE OWNERSHIP": "TO",
    "IMPERSONATE": "IM",
    "CONNECT": "CO",
    "SHOWPLAN": "SPLN",
    "BACKUP DATABASE": "BADB",
    "ALTER ANY ROLE": "ALRL",
    "ALTER ANY SCHEMA": "ALSM",
    "ALTER ANY USER": "ALUS",
    "ALTER ANY DATASPACE": "ALDS",
    "CREATE PROCEDURE": "CRPR",
    "CREATE ROLE": "CRRL",
    "CREATE SCHEMA": "CRSM",
    "CREATE TABLE": "CRTB",
    "CREATE VIEW": "CRVW",
    "ALTER ANY EXTERNAL DATA SOURCE": "AEDS",
    "ALTER ANY EXTERNAL FILE FORMAT": "AEFF",
    "ADMINISTER DATABASE BULK OPERATIONS": "DABO",
    "VIEW DATABASE STATE": "VWDS",
    "UNMASK": "UMSK",
}
"""Permissions within a database, with their types in sys.database_permissions (learn.microsoft.com: Permissions: GRANT,
DENY, REVOKE for Synapse; the last ones by the pages on external tables, COPY, dynamic management views and masking).
"""
