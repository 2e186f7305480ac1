"""EXEC of procedures and of text, with its arguments."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from deployer.emulator import statements as st
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.syntax import Syntax


class Execution(Syntax):
    """Reads it from behind its first word."""

    def _read_exec(self) -> st.Statement:
        if self._match(TokenType.L_PAREN):
            text = self._value()
            self._match_r_paren()
            return st.ExecuteText(text)
        if self._curr and self._curr.token_type == TokenType.PARAMETER:
            # learn.microsoft.com, EXECUTE: the grammar for Synapse has no return status; RETURN is not there either.
            raise NotSupportedError("The return value of EXEC is not supported in a dedicated SQL pool.", 104)
        name = self._name()
        arguments: list[st.Argument] = []
        while self._curr and (self._curr.token_type in _BEGINS_ARGUMENT or self._is_bare_word()):
            arguments.append(self._argument())
            if not self._match(TokenType.COMMA):
                break
        return st.ExecuteProcedure(name, tuple(arguments))

    def _is_bare_word(self) -> bool:
        """A word that begins no statement: as an argument it is text without quotes (learn.microsoft.com: EXECUTE)."""
        token = self._curr
        return bool(token) and (
            token.token_type == TokenType.IDENTIFIER
            or (token.token_type == TokenType.VAR and not hasattr(self, f"_read_{token.text.lower()}"))
        )

    def _argument(self) -> st.Argument:
        name = ""
        after_name = self._tokens[self._index + 2 : self._index + 3]
        if self._curr.token_type == TokenType.PARAMETER and [t.token_type for t in after_name] == [TokenType.EQ]:
            name = self._variable()
            self._advance()
        if self._is_bare_word():
            return st.Argument(name, exp.National(this=self._identifier()))
        value = self._value()
        if not (self._word("OUTPUT") or self._word("OUT")):
            return st.Argument(name, value)
        if not isinstance(value, exp.Parameter):
            raise ProgrammingError(
                "Cannot use the OUTPUT option when passing a constant to a stored procedure.", 179, 15
            )
        return st.Argument(name, value, f"@{value.name or value.this}".lower())

    _read_execute = _read_exec


_BEGINS_ARGUMENT = frozenset(
    [
        TokenType.PARAMETER,
        TokenType.PLACEHOLDER,
        TokenType.STRING,
        TokenType.NATIONAL_STRING,
        TokenType.HEX_STRING,
        TokenType.NUMBER,
        TokenType.DASH,
        TokenType.NULL,
    ]
)
