using Cambium.Compiler.Collections;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Spec;

// The output of the front end: strings, numbers and value-equal arrays only. It contains every input of the generated code and
// no position: an Id is the pre-order number of a declaration or operation inside its class, which blank lines and comments do
// not change. Diagnostics name the class and the Id, and only the generator turns them into a position in the source.

/// <summary>A model and every block that it uses.</summary>
/// <param name="Namespace">Namespace of the model's class; empty for the global one.</param>
/// <param name="Accessibility"><c>public</c> or <c>internal</c>.</param>
/// <param name="Architectures">Names in <c>config.json</c> that select this class.</param>
/// <param name="Root">The model's own class.</param>
/// <param name="Blocks">The other classes that it uses or extends, ordered by type name.</param>
public sealed record ModelSpec(
    string Namespace,
    string Accessibility,
    EquatableArray<string> Architectures,
    ClassSpec Root,
    EquatableArray<ClassSpec> Blocks)
{
    /// <summary>The entry points of the root; empty means only <c>Forward</c>, with all rows.</summary>
    public EquatableArray<EntrySpec> Entries { get; init; } = EquatableArray<EntrySpec>.Empty;
}

/// <summary>An entry point of a model.</summary>
/// <param name="Function">Name of the function in the root or in a base class.</param>
/// <param name="Rows"><c>All</c>, <c>First</c> or <c>Last</c>: the rows of a sequence that give a result.</param>
/// <param name="Shapes">For each parameter the dim expressions of a row, separated by commas; null for tokens.</param>
public sealed record EntrySpec(string Function, string Rows, EquatableArray<string?> Shapes)
{
    /// <summary>The author's names of several results, in the order of the tuple that the function returns; empty for a single result.</summary>
    public EquatableArray<string> Results { get; init; } = EquatableArray<string>.Empty;

    /// <summary>The name of a result outside of the class: in lower camel case, as the names of inputs.</summary>
    public static string ResultName(string name) => char.ToLowerInvariant(name[0]) + name.Substring(1);
}

/// <summary>A model's or a block's class.</summary>
/// <param name="TypeName">Full name, the identity of the class.</param>
/// <param name="Name">Its simple name.</param>
public sealed record ClassSpec(
    string TypeName,
    string Name,
    EquatableArray<DimSpec> Dims,
    EquatableArray<OptionSpec> Options,
    EquatableArray<WeightSpec> Weights,
    EquatableArray<ChildSpec> Children,
    EquatableArray<FunctionSpec> Functions)
{
    /// <summary>The supported values of settings that the class does not read.</summary>
    public EquatableArray<ExpectationSpec> Expectations { get; init; } = EquatableArray<ExpectationSpec>.Empty;

    /// <summary>The class that this one extends, or null.</summary>
    public BaseSpec? Base { get; init; }

    /// <summary>The class and its base classes, nearest first, as far as they are linked.</summary>
    public IEnumerable<ClassSpec> Lineage()
    {
        for (var at = this; at is not null; at = at.Base?.Spec)
            yield return at;
    }

    /// <summary>The nearest declaration in the class and its base classes, and the class that contains it.</summary>
    public (ClassSpec Owner, T Declaration)? Find<T>(Func<ClassSpec, EquatableArray<T>> declarations, Func<T, bool> isMeant)
        where T : class, IEquatable<T>
    {
        foreach (var type in Lineage())
        {
            if (declarations(type).FirstOrDefault(isMeant) is { } found)
                return (type, found);
        }

        return null;
    }

    /// <summary>Every class that this one uses: its base class and the classes of its children.</summary>
    public IEnumerable<BlockUse> Uses()
    {
        if (Base is not null)
            yield return Base.Use;
        foreach (var child in Children)
            yield return child.Use;
    }
}

/// <summary>The base class of a block or a model.</summary>
/// <param name="BlockType">Its full name.</param>
/// <param name="Assembly">As in <see cref="ChildSpec.Assembly"/>.</param>
public sealed record BaseSpec(string BlockType, string? Assembly)
{
    /// <summary>The class, after linking.</summary>
    public ClassSpec? Spec { get; init; }

    public BlockUse Use => new(0, "base", BlockType, Assembly);
}

/// <summary>A place in a class that names another class: a child, or the class itself for its base class.</summary>
/// <param name="Name">The property's name; <c>base</c> for the base class.</param>
public sealed record BlockUse(int Id, string Name, string BlockType, string? Assembly);

/// <summary>A setting that a class does not read.</summary>
/// <param name="Path">As in <see cref="DimSpec"/>.</param>
/// <param name="Values">The values for which the class is correct; empty if the setting does not change what it computes.</param>
public sealed record ExpectationSpec(string Path, EquatableArray<string> Values);

/// <summary>A size, which gets its value when a checkpoint is loaded.</summary>
/// <param name="Path">A path in <c>config.json</c> with dots, alternatives separated by <c>|</c>; or null for a constant.</param>
/// <param name="Default">An expression over other dims of the class and integers, or null if the config must contain the path.</param>
public sealed record DimSpec(int Id, string Name, string? Path, string? Default);

/// <summary>A value that is not a size, and is read when a checkpoint is loaded.</summary>
/// <param name="Path">As in <see cref="DimSpec"/>; can be empty for <see cref="OptionKind.Rotary"/>.</param>
/// <param name="Default">
/// Invariant text of the default, or null if the config must contain the path. For <see cref="OptionKind.Rotary"/>: the dim expression of the head
/// size.
/// </param>
public sealed record OptionSpec(int Id, string Name, OptionKind Kind, string Path, string? Default)
{
    /// <summary>The config has a list of such values, one for each block of a stack. <see cref="Default"/> is the value of each.</summary>
    public bool IsList { get; init; }

    /// <summary>For <see cref="OptionKind.Enum"/>: the possible values.</summary>
    public EquatableArray<ChoiceSpec> Choices { get; init; } = EquatableArray<ChoiceSpec>.Empty;
}

/// <summary>A value of an enum.</summary>
/// <param name="Name">Its name in the program.</param>
/// <param name="Spellings">Its spellings in a config; empty for the name, with any case and underscores.</param>
public sealed record ChoiceSpec(string Name, EquatableArray<string> Spellings);

/// <summary>A tensor of the checkpoint.</summary>
/// <param name="Path">Its name there, relative to the block's prefix.</param>
/// <param name="Shape">Dim expressions separated by commas.</param>
/// <param name="When">A bool option of the class, or null. If it is false, the weight is absent and reads as zeros.</param>
/// <param name="TiedTo">Another weight of the class that is used instead, or null.</param>
/// <param name="TiedWhen">Config path of the boolean that decides the tie; null with a <paramref name="TiedTo"/> means always.</param>
public sealed record WeightSpec(int Id, string Name, string Path, string Shape, string? When, string? TiedTo, string? TiedWhen)
{
    /// <summary>The checkpoint stores [in, out], and <see cref="Shape"/> is [out, in].</summary>
    public bool IsTransposed { get; init; }
}

/// <summary>A block or a stack of blocks inside a class.</summary>
/// <param name="Prefix">Prefix of the block's weights; <c>{i}</c> stands for the index in a stack.</param>
/// <param name="BlockType">Full name of the block's class.</param>
/// <param name="Count">Dim expression of a stack's length, or null for a single block.</param>
public sealed record ChildSpec(int Id, string Name, string Prefix, string BlockType, string? Count)
{
    /// <summary>Name of the assembly that contains the block's class; null for the assembly of the class itself.</summary>
    public string? Assembly { get; init; }

    public BlockUse Use => new(Id, Name, BlockType, Assembly);
}

/// <summary>A method of a class.</summary>
public sealed record FunctionSpec(int Id, string Name, EquatableArray<ParameterSpec> Parameters, EquatableArray<Statement> Body)
{
    /// <summary>It can be overridden, or it overrides another function. An abstract function has an empty body.</summary>
    public bool IsVirtual { get; init; }
}

/// <summary>The kind of a parameter.</summary>
public enum ParameterKind
{
    Tensor,
    Tokens,
    Int,
    Float,
    Bool,

    /// <summary>A number inside a lambda of attention.</summary>
    Score,

    /// <summary>The position of a score.</summary>
    Position,

    /// <summary>A string, or a value of an enum.</summary>
    Text,
    Rotary,
}

/// <summary>A parameter of a function.</summary>
public sealed record ParameterSpec(string Name, ParameterKind Kind);

/// <summary>A statement of a function's body.</summary>
public abstract record Statement(int Id);

/// <summary>Declares or reassigns locals; several targets deconstruct a tuple. The name <c>_</c> discards.</summary>
public sealed record Assign(int Id, EquatableArray<string> Targets, Expression Value) : Statement(Id);

/// <summary>Runs the body for each block of a stack.</summary>
/// <param name="Variable">The block.</param>
/// <param name="Stack">A child with a count.</param>
public sealed record ForEach(int Id, string Variable, string Stack, EquatableArray<Statement> Body) : Statement(Id)
{
    /// <summary>The local with the block's index in the stack, or null.</summary>
    public string? Index { get; init; }
}

/// <summary>Runs one of two branches by a condition that the checkpoint decides.</summary>
public sealed record If(int Id, Expression Condition, EquatableArray<Statement> Then, EquatableArray<Statement> Else) : Statement(Id);

/// <summary>Ends the function.</summary>
public sealed record Return(int Id, Expression Value) : Statement(Id);

/// <summary>An expression of a function's body.</summary>
public abstract record Expression(int Id);

/// <summary>A local, a parameter, or a parameter of a lambda.</summary>
public sealed record LocalRef(int Id, string Name) : Expression(Id);

/// <summary>A dim, option, weight or child of the class or of a base class.</summary>
public sealed record MemberRef(int Id, string Name) : Expression(Id);

/// <summary>A property of a value that is not a block, such as <c>at.Query</c> in a score lambda.</summary>
public sealed record PropertyRef(int Id, Expression Target, string Name) : Expression(Id);

/// <summary>An element of a list or a tuple.</summary>
public sealed record ItemOf(int Id, Expression Target, Expression Index) : Expression(Id);

/// <summary>A literal or a compile-time constant.</summary>
public sealed record Number(int Id, double Value, bool IsInteger) : Expression(Id);

/// <summary>A boolean literal.</summary>
public sealed record Truth(int Id, bool Value) : Expression(Id);

/// <summary>A constant string or the name of an enum member.</summary>
public sealed record Text(int Id, string Value) : Expression(Id);

/// <summary>
/// A call of an operation. Operators are operations, too (<c>Add</c>, <c>Subtract</c>, <c>Multiply</c>, <c>Divide</c>, <c>Negate</c>),
/// and so is indexing a weight by tokens (<c>Gather</c>).
/// </summary>
/// <param name="Op">The method's name.</param>
/// <param name="Arguments">The given arguments by parameter name; an expanded <c>params</c> array is a <see cref="TupleOf"/>.</param>
public sealed record OpCall(int Id, string Op, EquatableArray<Argument> Arguments) : Expression(Id);

/// <summary>An operator on values that the checkpoint decides: <c>== != &lt; &lt;= &gt; &gt;= &amp;&amp; || ! %</c>.</summary>
public sealed record HostOp(int Id, string Operator, EquatableArray<Expression> Operands) : Expression(Id);

/// <summary><c>condition ? whenTrue : whenFalse</c>.</summary>
public sealed record Conditional(int Id, Expression Condition, Expression WhenTrue, Expression WhenFalse) : Expression(Id);

/// <summary>An argument by name.</summary>
public sealed record Argument(string Parameter, Expression Value);

/// <summary>A call of a method of this class or a base class (<paramref name="Target"/> null), or of a block.</summary>
/// <param name="Target">A block variable of a <see cref="ForEach"/> or a single child, or null.</param>
public sealed record BlockCall(int Id, Expression? Target, string Function, EquatableArray<Expression> Arguments) : Expression(Id)
{
    /// <summary>A call by <c>base</c>, which is not virtual.</summary>
    public bool IsOfBase { get; init; }
}

/// <summary>A tuple or an array of values.</summary>
public sealed record TupleOf(int Id, EquatableArray<Expression> Items) : Expression(Id);

/// <summary>A lambda whose body is one expression.</summary>
public sealed record LambdaOf(int Id, EquatableArray<string> Parameters, Expression Body) : Expression(Id);
