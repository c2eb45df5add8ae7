namespace Cambium.Runtime;

/// <summary>An action on the loop, to be run between two steps.</summary>
/// <param name="Run">The action.</param>
/// <param name="Abandon">Called instead if the engine closes first; null if there is nothing to end.</param>
internal readonly record struct Command(Action<EngineLoop> Run, Action<Exception>? Abandon = null);
