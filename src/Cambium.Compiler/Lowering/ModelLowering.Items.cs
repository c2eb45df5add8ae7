using Cambium.Compiler.Graph;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Lowering;

/// <content>What an expression can be while it is read, and where.</content>
public sealed partial class ModelLowering
{
    // What an expression can be while it is read.
    private abstract record Item;

    private sealed record TensorOf(int Value) : Item;

    private sealed record SizeOf(Size Value) : Item;

    private sealed record NumberOf(double Value) : Item;

    private sealed record TruthOf(bool Value) : Item;

    private sealed record OptionOf(OptionInfo Option) : Item;

    /// <summary>A number that a checkpoint decides, for each block of a stack if need be.</summary>
    private sealed record HostOf(ScalarExpression Value, bool IsInteger) : Item;

    /// <summary>A list of the config.</summary>
    private sealed record ListOf(OptionInfo Option) : Item;

    /// <summary>One text of a list.</summary>
    private sealed record TextItemOf(OptionInfo Option, ScalarExpression Index) : Item;

    private sealed record BlockOf(ClassSpec Class, string Prefix) : Item;

    private sealed record StackOf(ClassSpec Class, string Prefix, Size Count) : Item;

    private sealed record Items(IReadOnlyList<Item> Values) : Item;

    private sealed record LambdaItem(LambdaOf Lambda) : Item;

    /// <summary>A function body while it is read. A loop's body has a parent whose tensors it captures as parameters.</summary>
    private sealed class Scope(FunctionBuilder builder, ClassSpec type, ClassSpec self, string prefix, int depth, bool isLoop = false)
    {
        public FunctionBuilder Builder { get; } = builder;

        /// <summary>The class whose text is read.</summary>
        public ClassSpec Type { get; } = type;

        /// <summary>The class of the model or block that the text is read for: the same, or one that extends it.</summary>
        public ClassSpec Self { get; } = self;

        public string Prefix { get; } = prefix;

        public int Depth { get; } = depth;

        /// <summary>The function is a loop's body.</summary>
        public bool IsLoop => isLoop;

        public Dictionary<string, Item> Locals { get; } = new(StringComparer.Ordinal);

        /// <summary>Makes the locals what they were.</summary>
        public void Restore(Dictionary<string, Item> locals)
        {
            Locals.Clear();
            foreach (var local in locals)
                Locals[local.Key] = local.Value;
        }

        /// <summary>The body of a function that this one calls.</summary>
        public Scope Inner(ClassSpec type, ClassSpec self, string prefix) => new(Builder, type, self, prefix, Depth + 1, isLoop);

        /// <summary>The body of a loop in this one.</summary>
        public Scope Loop(FunctionBuilder body) => new(body, Type, Self, Prefix, Depth, isLoop: true);
    }
}
