using System.Text.Json;
using Cambium.Constraints;
using Cambium.Runtime;
using Microsoft.Extensions.AI;

namespace Cambium.Serving;

/// <summary>Options for answers of a .NET type.</summary>
public static class AnswerTypeExtensions
{
    /// <summary>
    /// Constrains the answer to what System.Text.Json reads as <typeparamref name="T"/>. A JSON schema does not say the size of a number, so
    /// <c>GetResponseAsync&lt;T&gt;</c> alone allows an <see cref="int"/> of 18 digits. This adds what only the type says: the ranges of numbers
    /// and of enums written as numbers, base64 for bytes, and the names of enums with <see cref="FlagsAttribute"/>.
    /// </summary>
    /// <typeparam name="T">The type of the call: <c>chat.GetResponseAsync&lt;T&gt;(question, options.WithAnswerType&lt;T&gt;())</c>.</typeparam>
    /// <param name="options">They are not changed.</param>
    /// <param name="serializerOptions">The same as those of the call; null for its default.</param>
    /// <returns>A copy of the options. The request of its <see cref="ChatOptions.RawRepresentationFactory"/> has the constraint.</returns>
    /// <exception cref="ConstraintException">The schema of the type has a part that is not supported. The message names it.</exception>
    /// <exception cref="NotSupportedException">System.Text.Json cannot read a part of the type.</exception>
    public static ChatOptions WithAnswerType<T>(this ChatOptions options, JsonSerializerOptions? serializerOptions = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var constraint = Constraint.JsonSchema(ReadableSchema.Of(TypeSchema.Of(typeof(T), serializerOptions)));
        var typed = options.Clone();
        var given = options.RawRepresentationFactory;
        typed.RawRepresentationFactory = client => given?.Invoke(client) switch
        {
            null => new Request { Constraint = constraint },
            Request request => request with { Constraint = constraint },
            var other => other,
        };
        return typed;
    }
}
