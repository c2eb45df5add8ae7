namespace Cambium.Compiler.Graph;

/// <summary>
/// Checks every rule of a graph. It is simple on purpose: it reads the module from top to bottom and does not trust earlier steps.
/// Tests run it after lowering and after every pass.
/// </summary>
public static class Verifier
{
    /// <summary>Throws <see cref="InvalidGraphException"/> with the function, the text of the node and the rule that it breaks.</summary>
    public static void Verify(Module module)
    {
        new ModuleVerifier(module).Run();
    }
}
