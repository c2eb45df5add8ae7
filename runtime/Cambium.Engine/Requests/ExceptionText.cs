namespace Cambium.Runtime;

/// <summary>The text of an exception of a caller's code.</summary>
internal static class ExceptionText
{
    extension(Exception error)
    {
        /// <summary>Its message; the name of its type if the message itself throws.</summary>
        public string MessageOrType
        {
            get
            {
                try
                {
                    return error.Message;
                }
                catch (Exception)
                {
                    return error.GetType().Name;
                }
            }
        }
    }
}
