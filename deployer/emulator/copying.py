"""COPY INTO: its options, as the pool's grammar has them."""

from __future__ import annotations

from sqlglot.tokenizer_core import TokenType

from deployer.emulator import statements as st
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.syntax import Syntax


class Copying(Syntax):
    """Reads it from behind its first word."""

    def _read_copy(self) -> st.Statement:
        self._need("INTO")
        name = self._name()
        columns: list[st.CopyColumn] = []
        if self._match(TokenType.L_PAREN):
            columns.append(self._copy_column(1))
            while self._match(TokenType.COMMA):
                columns.append(self._copy_column(len(columns) + 1))
            self._match_r_paren()
        self._need("FROM")
        places = [self._string()]
        while self._match(TokenType.COMMA):
            places.append(self._string())
        options = self._copy_options() if self._word("WITH") else {}
        self._option()
        return st.Copy(name, tuple(columns), tuple(places), options)

    def _copy_column(self, place: int) -> st.CopyColumn:
        """`name [DEFAULT value] [field]`; a field is counted from 1, and without it the column's own place."""
        name = self._identifier()
        default = ""
        if self._word("DEFAULT"):
            start = self._curr
            self._constant()
            default = self.sql[start.start : self._prev.end + 1]
        field = int(self._prev.text) if self._match(TokenType.NUMBER) else place
        if field < 1:
            raise ProgrammingError(f"Incorrect syntax near '{field}': fields count from 1.", 102, 15)
        return st.CopyColumn(name, field, default)

    def _copy_options(self) -> dict[str, str]:
        self._match(TokenType.L_PAREN) or self._refuse()
        options: dict[str, str] = {}
        while True:
            option = self._text
            if option not in COPY_OPTIONS:
                raise NotSupportedError(f"The emulator does not know the option {option} of COPY.")
            self._advance()
            self._match(TokenType.EQ) or self._refuse()
            if option == "CREDENTIAL":
                self._skip_credential()
            else:
                options[option] = self._string() if not self._match(TokenType.NUMBER) else self._prev.text
            if not self._match(TokenType.COMMA):
                break
        self._match_r_paren()
        return options

    def _skip_credential(self) -> None:
        """A local file needs none, and a secret is kept nowhere."""
        self._match(TokenType.L_PAREN) or self._refuse()
        for word in ("IDENTITY", "SECRET"):
            if word == "SECRET" and not self._match(TokenType.COMMA):
                break
            self._need(word)
            self._match(TokenType.EQ) or self._refuse()
            self._string()
        self._match_r_paren()

    def _string(self) -> str:
        self._match_set((TokenType.STRING, TokenType.NATIONAL_STRING)) or self._refuse()
        return str(self._prev.text)


COPY_OPTIONS = frozenset(
    [
        *("FILE_TYPE", "CREDENTIAL", "MAXERRORS", "COMPRESSION", "FIELDQUOTE", "FIELDTERMINATOR", "ROWTERMINATOR"),
        *("FIRSTROW", "DATEFORMAT", "ENCODING", "IDENTITY_INSERT"),
    ]
)
"""Options that are read (learn.microsoft.com: COPY); FILE_FORMAT, ERRORFILE and its credential are not known here."""
