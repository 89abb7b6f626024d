"""The tools a request offers, and how the model may choose among them.

Reference: https://platform.openai.com/docs/api-reference/chat/create
"""

from typing import Any, Literal

from dragoman.models.content import CacheControl, OtherPart
from dragoman.models.hub import HubType


class FunctionObject(
    HubType, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A function that the model may call."""

    name: str
    """The name: a-z, A-Z, 0-9, underscores and dashes, at most 64 characters."""

    description: str | None = None
    """What the function does, for the model to decide when to call it."""

    parameters: dict[str, Any] | None = None
    """The parameters as a JSON Schema object; None means an empty parameter list."""

    strict: bool | None = None
    """Whether the arguments must follow the schema exactly."""


class ChatCompletionTool(
    HubType,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="function",
):
    """A function tool."""

    function: FunctionObject
    """The function."""

    cache_control: CacheControl | None = None
    """A cache breakpoint in Anthropic's spelling."""

    @property
    def type(self) -> Literal["function"]:
        """The type of the tool, which is always `function`."""
        return "function"


class TextFormat(
    HubType,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="text",
):
    """Free text."""

    @property
    def type(self) -> Literal["text"]:
        """The type, which is always `text`."""
        return "text"


class Grammar(HubType, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The grammar that the input must follow."""

    definition: str
    """The grammar."""

    syntax: Literal["lark", "regex"]
    """The syntax of the definition."""


class GrammarFormat(
    HubType,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="grammar",
):
    """Text that follows a grammar."""

    grammar: Grammar
    """The grammar."""

    @property
    def type(self) -> Literal["grammar"]:
        """The type, which is always `grammar`."""
        return "grammar"


class CustomToolProperties(
    HubType, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A tool whose input is text."""

    name: str
    """The name of the tool."""

    description: str | None = None
    """What the tool does."""

    format: TextFormat | GrammarFormat | None = None
    """The format of the input; None means free text."""


class CustomToolChatCompletions(
    HubType,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="custom",
):
    """A custom tool."""

    custom: CustomToolProperties
    """The tool."""

    cache_control: CacheControl | None = None
    """A cache breakpoint in Anthropic's spelling."""

    @property
    def type(self) -> Literal["custom"]:
        """The type of the tool, which is always `custom`."""
        return "custom"


Tool = ChatCompletionTool | CustomToolChatCompletions | OtherPart
"""A tool that the model may call."""


class ChosenName(
    HubType, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """The name of a tool."""

    name: str
    """The name."""


class ChatCompletionNamedToolChoice(
    HubType,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="function",
):
    """The function that the model must call."""

    function: ChosenName
    """The function."""

    @property
    def type(self) -> Literal["function"]:
        """The type, which is always `function`."""
        return "function"


class ChatCompletionNamedToolChoiceCustom(
    HubType,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="custom",
):
    """The custom tool that the model must call."""

    custom: ChosenName
    """The tool."""

    @property
    def type(self) -> Literal["custom"]:
        """The type, which is always `custom`."""
        return "custom"


class AllowedTools(
    HubType, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """The tools that the model may use in this turn."""

    mode: Literal["auto", "required"]
    """Whether the model may or must call one of them."""

    tools: list[dict[str, Any]]
    """The tools, by type and name: `{"type": "function", "function": {"name": …}}`."""


class ChatCompletionAllowedToolsChoice(
    HubType,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="allowed_tools",
):
    """A choice among a part of the offered tools."""

    allowed_tools: AllowedTools
    """The tools that the model may use in this turn."""

    @property
    def type(self) -> Literal["allowed_tools"]:
        """The type, which is always `allowed_tools`."""
        return "allowed_tools"


ToolChoice = (
    Literal["none", "auto", "required"]
    | ChatCompletionNamedToolChoice
    | ChatCompletionNamedToolChoiceCustom
    | ChatCompletionAllowedToolsChoice
)
"""Whether the model calls a tool, and which; a word, or the tools by name."""


class ChatCompletionFunctions(
    HubType, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A function of the deprecated `functions`."""

    name: str
    """The name of the function."""

    description: str | None = None
    """What the function does."""

    parameters: dict[str, Any] | None = None
    """The parameters as a JSON Schema object; None means an empty parameter list."""
