namespace Cambium.Compiler.Graph;

/// <summary>
/// Checks every rule of a graph. It is simple on purpose: it reads the module from top to bottom and trusts no earlier step.
/// Tests run it after lowering and after every pass.
/// </summary>
public static class Verifier
{
    /// <summary>Throws <see cref="InvalidGraphException"/> with the function, the node's text and the rule it breaks.</summary>
    public static void Verify(Module module)
    {
        new ModuleVerifier(module).Run();
    }
}
