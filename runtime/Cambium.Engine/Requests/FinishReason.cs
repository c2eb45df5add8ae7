namespace Cambium.Runtime;

/// <summary>Why a sequence stopped growing.</summary>
public enum FinishReason
{
    /// <summary>It has not stopped.</summary>
    None,

    /// <summary>The model wrote one of its end-of-text tokens.</summary>
    EndOfText,

    /// <summary>The text came to contain one of the request's stop strings; the text ends before it.</summary>
    StopString,

    /// <summary>The answer satisfies the request's <see cref="Request.Constraint"/>, and nothing may follow.</summary>
    Complete,

    /// <summary><see cref="Request.MaxTokens"/> tokens were generated.</summary>
    Length,

    /// <summary>Prompt and generated tokens fill the context.</summary>
    ContextFull,
}
