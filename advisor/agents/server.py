"""The tools as a server of the Model Context Protocol, over stdin and stdout."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import threading
from typing import Any, TextIO

import anyio
import mcp_types as types
from mcp.server import Server
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage

from advisor import __version__
from advisor.agents import compact
from advisor.agents.tools import BY_NAME, TOOLS, Arguments
from advisor.errors import AdvisorError, BrokenFileError, check_name, refused_path
from advisor.foreign import shortened, visible, visible_lines
from advisor.rulebase.base import RuleBase

INSTRUCTIONS = (
    "Recommends a vision-language model family (CLIP, VisionEncoderDecoder, unified VLP) and a "
    "checkpoint for a task, with reasons. Start with `recommend`. Ask the user about the answers "
    "that `recommend` assumed."
)
READ_ONLY = types.ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)


IDLE_ROUNDS, ROUND_SECONDS = 20, 0.01
"""After the end of stdin, all calls count as answered if none begins or ends for 20 rounds."""


def serve(rulebase: RuleBase) -> None:
    """Answer all calls until stdin is closed. Raises OSError for a closed stdout."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # else it logs a Ctrl-C in a task
    try:
        anyio.run(_serve, rulebase)
    except BaseExceptionGroup as group:
        refused: BaseException = group
        while isinstance(refused, BaseExceptionGroup):
            refused = refused.exceptions[0]
        raise refused from group


async def _serve(rulebase: RuleBase) -> None:
    calls = _Calls()
    server = server_of(rulebase, calls)
    lines: Any = _Lines(calls)
    async with stdio_server(stdin=lines) as (incoming, outgoing):
        lines.outgoing = outgoing
        await server.run(incoming, outgoing, server.create_initialization_options())


class _Calls:
    """The number of begun and ended tool calls: `moves` grows at both."""

    def __init__(self) -> None:
        self.moves = 0

    async def all_answered(self) -> None:
        """Wait until no call begins or ends: the library drops open calls at the end of stdin."""
        idle = 0
        while idle < IDLE_ROUNDS:
            before = self.moves
            await asyncio.sleep(ROUND_SECONDS)
            idle = idle + 1 if self.moves == before else 0


class _Lines:
    """The lines of stdin as an asynchronous iterator, read by a daemon thread.

    Reading cannot be interrupted, so nothing waits for the thread. Stdin itself is replaced by the
    null device. An invalid line is answered here with an error on `outgoing`, because the library
    drops it.
    """

    def __init__(self, calls: _Calls) -> None:
        self._calls = calls
        self.outgoing: Any = None
        self._waiting: asyncio.Queue[str] = asyncio.Queue(1)
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with contextlib.suppress(RuntimeError, asyncio.CancelledError):  # the server has ended
            with contextlib.suppress(OSError), _own_stdin() as stdin:
                for line in stdin:
                    self._pass_on(line)
            self._pass_on("")

    def _pass_on(self, line: str) -> None:
        with contextlib.closing(self._waiting.put(line)) as put:  # where the server has ended, too
            asyncio.run_coroutine_threadsafe(put, self._loop).result()

    def __aiter__(self) -> _Lines:
        return self

    async def __anext__(self) -> str:
        while line := await self._waiting.get():
            if (refused := refusal(line)) is None:
                return line
            await self.outgoing.send(SessionMessage(refused))
        await self._calls.all_answered()
        raise StopAsyncIteration


def refusal(line: str) -> types.JSONRPCError | None:
    """Return the JSON-RPC 2.0 error (section 5.1) for a line that is no message; else None."""
    try:
        types.jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValueError:
        id, error = None, types.ErrorData(code=types.PARSE_ERROR, message="the line is not JSON")
        with contextlib.suppress(ValueError, RecursionError):
            document = json.loads(line)
            message = "the line is not a JSON-RPC 2.0 message"
            error = types.ErrorData(code=types.INVALID_REQUEST, message=message)
            id = document.get("id") if isinstance(document, dict) else None
        request_id = id if type(id) in (str, int) else None
        return types.JSONRPCError(jsonrpc="2.0", id=request_id, error=error)
    return None


def _own_stdin() -> TextIO:
    """Return stdin under another file descriptor; descriptor 0 becomes the null device."""
    number = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return open(number, encoding="utf-8", errors="replace")  # noqa: PTH123 - of a number


def server_of(rulebase: RuleBase, calls: _Calls | None = None) -> Server[Any]:
    """Return a server with the tools of advisor for a rule base; `calls` counts its tool calls."""
    calls = calls or _Calls()

    async def list_tools(_context: Any, _parameters: Any) -> types.ListToolsResult:
        tools = [
            types.Tool(
                name=tool.name,
                description=tool.description,
                input_schema=tool.schema,
                annotations=READ_ONLY,
            )
            for tool in TOOLS
        ]
        return types.ListToolsResult(tools=tools)

    async def call_tool(_context: Any, call: types.CallToolRequestParams) -> types.CallToolResult:
        # In this thread, the main one: only there can a file be stopped that takes too long.
        calls.moves += 1
        try:
            return answer(rulebase, call.name, call.arguments or {})
        finally:
            calls.moves += 1

    return Server(
        "advisor",
        version=__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def answer(rulebase: RuleBase, name: str, arguments: Arguments) -> types.CallToolResult:
    """Return the result of a tool; an error as `{"error": {kind, message, hint}}`."""
    try:
        check_name("tool", name, tuple(BY_NAME), "tools")
        if rulebase.shelf:  # a server writes nothing
            rulebase.shelf.close()
        document = BY_NAME[name].call(rulebase, arguments)
    except AdvisorError as error:
        from advisor.need.likely_meaning import explained

        return _result({"error": _problem(explained(rulebase, error))}, failed=True)
    except OSError as failure:
        return _result({"error": _problem(refused_path(failure))}, failed=True)
    except Exception as failure:  # the last resort: it says that this is our mistake
        bug = AdvisorError(f"a bug in advisor: {type(failure).__name__}: {failure}", kind="bug")
        return _result({"error": _problem(bug)}, failed=True)
    return _result(document)


def _problem(error: AdvisorError) -> dict[str, Any]:
    problems = [*map(str, error.problems)] if isinstance(error, BrokenFileError) else []
    details = {"kind": error.kind, "message": shortened(error.message), "hint": error.hint}
    return details | ({"problems": problems} if problems else {})


def _result(document: dict[str, Any], *, failed: bool = False) -> types.CallToolResult:
    plain = _shown(json.loads(json.dumps(document)))
    text = types.TextContent(type="text", text=compact.text(plain))
    return types.CallToolResult(content=[text], structured_content=plain, is_error=failed)


def _shown(value: Any) -> Any:
    """Return a JSON value with invisible characters escaped: file names may have any bytes."""
    match value:
        case str():
            return visible_lines(value)
        case list():
            return [*map(_shown, value)]
        case dict():
            return {visible(key): _shown(each) for key, each in value.items()}
    return value
