namespace Cambium.Compiler.Graph;

/// <summary>Visits the values that a value depends on, without recursion: a chain of operations can be thousands of nodes long.</summary>
internal static class DepthFirst
{
    /// <param name="operands">Called when a value is reached: the values to visit before it, or null for a value that is not visited.</param>
    /// <param name="leave">Called for each visited value after its operands, which are visited from left to right.</param>
    public static void Visit(int root, Func<int, IReadOnlyList<int>?> operands, Action<int> leave)
    {
        var pending = new Stack<(int Value, IReadOnlyList<int> Operands, int Next)>();
        Enter(root);
        while (pending.Count > 0)
        {
            var (value, inner, next) = pending.Pop();
            if (next < inner.Count)
            {
                pending.Push((value, inner, next + 1));
                Enter(inner[next]);
            }
            else
            {
                leave(value);
            }
        }

        void Enter(int value)
        {
            if (operands(value) is { } inner)
                pending.Push((value, inner, 0));
        }
    }
}
