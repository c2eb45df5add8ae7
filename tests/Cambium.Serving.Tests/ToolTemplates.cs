using Cambium.Text.Templates;

namespace Cambium.Serving.Tests;

/// <summary>Templates with the tool formats of published models.</summary>
internal static class ToolTemplates
{
    public static ChatTemplate Hermes { get; } = ChatTemplate.Parse("""
        {%- if tools %}
            {{- '<|system|>\n<tools>' }}
            {%- for tool in tools %}{{- '\n' }}{{- tool | tojson }}{%- endfor %}
            {{- '\n</tools><end>\n' }}
        {%- endif %}
        {%- for message in messages %}
            {%- if message.role == 'assistant' and message.tool_calls %}
                {{- '<|assistant|>' }}
                {%- if message.content %}{{- '\n' + message.content }}{%- endif %}
                {%- for tool_call in message.tool_calls %}
                    {%- if tool_call.function is defined %}{%- set tool_call = tool_call.function %}{%- endif %}
                    {{- '\n<tool_call>\n{"name": "' }}{{- tool_call.name }}{{- '", "arguments": ' }}
                    {{- tool_call.arguments | tojson }}{{- '}\n</tool_call>' }}
                {%- endfor %}
                {{- '<end>\n' }}
            {%- elif message.role == 'tool' %}
                {{- '<|user|>\n<tool_response>\n' + message.content + '\n</tool_response><end>\n' }}
            {%- else %}
                {{- '<|' + message.role + '|>\n' + message.content + '<end>\n' }}
            {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|assistant|>\n' }}{%- endif %}
        """);

    public static ChatTemplate Mistral { get; } = ChatTemplate.Parse("""
        {%- set user_messages = messages | selectattr('role', 'equalto', 'user') | list %}
        {%- for message in messages %}
            {%- if message.role == 'user' %}
                {%- if tools is not none and message == user_messages[-1] %}
                    {{- '[AVAILABLE_TOOLS] ' + (tools | tojson) + '[/AVAILABLE_TOOLS]' }}
                {%- endif %}
                {{- '[INST] ' + message.content + '[/INST]' }}
            {%- elif message.tool_calls is defined and message.tool_calls is not none %}
                {{- '[TOOL_CALLS] [' }}
                {%- for tool_call in message.tool_calls %}
                    {%- set out = tool_call.function | tojson %}
                    {{- out[:-1] }}
                    {%- if tool_call.id is undefined or tool_call.id | length != 9 %}
                        {{- raise_exception('Tool call IDs should be alphanumeric strings with length 9!') }}
                    {%- endif %}
                    {{- ', "id": "' + tool_call.id + '"}' }}
                    {%- if not loop.last %}{{- ', ' }}{%- else %}{{- ']<end>' }}{%- endif %}
                {%- endfor %}
            {%- elif message.role == 'assistant' %}{{- ' ' + message.content + '<end>' }}
            {%- elif message.role == 'tool' %}
                {{- '[TOOL_RESULTS] {"content": ' + (message.content | tojson) + ', "call_id": "' + message.tool_call_id + '"}[/TOOL_RESULTS]' }}
            {%- endif %}
        {%- endfor %}
        """);

    public static ChatTemplate Llama { get; } = ChatTemplate.Parse("""
        {%- if tools is not none %}
            {{- 'Respond in the format {"name": function name, "parameters": dictionary of argument name and its value}.\n\n' }}
            {%- for t in tools %}{{- t | tojson(indent=4) }}{{- '\n\n' }}{%- endfor %}
        {%- endif %}
        {%- for message in messages %}
            {%- if 'tool_calls' in message %}
                {%- if not message.tool_calls | length == 1 %}
                    {{- raise_exception('This model only supports single tool-calls at once!') }}
                {%- endif %}
                {%- set tool_call = message.tool_calls[0].function %}
                {{- '<|assistant|>\n\n' }}{{- '{"name": "' + tool_call.name + '", ' }}
                {{- '"parameters": ' }}{{- tool_call.arguments | tojson }}{{- '}' }}{{- '<end>' }}
            {%- elif message.role == 'tool' %}{{- '<|ipython|>\n\n' }}{{- message.content | tojson }}{{- '<end>' }}
            {%- else %}{{- '<|' + message.role + '|>\n\n' + message.content | trim + '<end>' }}
            {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|assistant|>\n\n' }}{%- endif %}
        """);

    /// <summary>A list of calls between two marks, with a thinking block before the text.</summary>
    public static ChatTemplate Listed { get; } = ChatTemplate.Parse(
        "{% if tools %}{{ tools | tojson }}{% endif %}"
        + "{% for m in messages %}<{{ m.role }}>{% if m.role == 'assistant' %}<think>\n\n</think>\n\n{% endif %}{{ m.content }}"
        + "{% if m.tool_calls %}<CALLS>[{% for c in m.tool_calls %}{\"name\": \"{{ c.function.name }}\", "
        + "\"arguments\": {{ c.function.arguments | tojson }}}{% if not loop.last %}, {% endif %}{% endfor %}]</CALLS>{% endif %}<end>"
        + "{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}");

    /// <summary>The name of a call before its arguments, as newer models of Mistral write it.</summary>
    public static ChatTemplate NamedMistral { get; } = ChatTemplate.Parse(
        "{% if tools %}[AVAILABLE_TOOLS]{{ tools | tojson }}[/AVAILABLE_TOOLS]{% endif %}{% for m in messages %}"
        + "{% if m.role == 'user' %}[INST]{{ m.content }}[/INST]{% elif m.role == 'system' %}[SYSTEM]{{ m.content }}[/SYSTEM]"
        + "{% elif m.role == 'tool' %}[TOOL_RESULTS]{{ m.tool_call_id }}[TOOL_CONTENT]{{ m.content }}[/TOOL_RESULTS]"
        + "{% elif m.tool_calls %}{% for c in m.tool_calls %}[TOOL_CALLS]{{ c.function.name }}[ARGS]{{ c.function.arguments | tojson }}"
        + "{% endfor %}<end>{% else %}{{ m.content }}<end>{% endif %}{% endfor %}");

    /// <summary>The channels of gpt-oss.</summary>
    public static ChatTemplate Harmony { get; } = ChatTemplate.Parse(
        "<|start|>system<|message|>Channels: analysis, commentary, final.<|end|>"
        + "{% if tools %}<|start|>developer<|message|>namespace functions {\n{% for t in tools %}// {{ t.function.description }}\n"
        + "type {{ t.function.name }} = (_: any) => any;\n{% endfor %}}<|end|>{% endif %}"
        + "{% for m in messages %}{% if m.role == 'assistant' and m.tool_calls %}"
        + "{% if m.thinking %}<|start|>assistant<|channel|>analysis<|message|>{{ m.thinking }}<|end|>{% endif %}"
        + "<|start|>assistant to=functions.{{ m.tool_calls[0].function.name }}<|channel|>commentary json<|message|>"
        + "{{ m.tool_calls[0].function.arguments | tojson }}<|call|>"
        + "{% elif m.role == 'assistant' %}<|start|>assistant<|channel|>final<|message|>{{ m.content }}<|end|>"
        + "{% elif m.role == 'tool' %}<|start|>functions.{{ m.name }} to=assistant<|channel|>commentary<|message|>{{ m.content | tojson }}<|end|>"
        + "{% else %}<|start|>{{ m.role }}<|message|>{{ m.content }}<|end|>{% endif %}{% endfor %}"
        + "{% if add_generation_prompt %}<|start|>assistant{% endif %}");

    /// <summary>Does not support tools.</summary>
    public static ChatTemplate Plain { get; } = ChatTemplate.Parse(
        "{% for m in messages %}<{{ m.role }}>{{ m.content }}<end>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}");

    /// <summary>Shows tools and writes calls in a format other than JSON.</summary>
    public static ChatTemplate Exotic { get; } = ChatTemplate.Parse(
        "{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}<{{ m.role }}>{{ m.content }}"
        + "{% for c in m.tool_calls or [] %}call {{ c.function.name }}{% endfor %}<end>{% endfor %}"
        + "{% if add_generation_prompt %}<assistant>{% endif %}");
}
