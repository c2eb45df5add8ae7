using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Cambium.Cli;

/// <summary>The standard streams of the process, where the console of .NET hides what a command has to know.</summary>
internal static class ProcessStreams
{
    private const int CloseOnExec = 0x80000;

    /// <summary>
    /// Whether the process was started with a closed standard input (<c>&lt;&amp;-</c>). A file of the runtime then has its number, and a read would
    /// wait for it forever. Files of the runtime are closed on exec, which an inherited file never is.
    /// </summary>
    public static bool IsInputClosed => IsClosed(0);

    /// <summary>
    /// Standard input as text. A redirected one is UTF-8, or what its byte order mark says; bytes that are not valid are an error, not a replacement.
    /// </summary>
    public static TextReader OpenInput()
    {
        if (IsInputClosed)
            return TextReader.Null;
        return Console.IsInputRedirected ? new StreamReader(Console.OpenStandardInput(), TextFile.Strict, detectEncodingFromByteOrderMarks: true)
            : Console.In;
    }

    /// <summary>
    /// Standard output. The console ignores a pipe without a reader, so that a command computes on after <c>| head</c>; this one throws
    /// <see cref="ReaderGoneException"/>.
    /// </summary>
    public static TextWriter OpenOutput()
    {
        if (IsClosed(1))
            return TextWriter.Null;
        if (!OperatingSystem.IsLinux() || LinkOf(1) is not { } target
            || !(target.StartsWith("pipe:", StringComparison.Ordinal) || target.StartsWith("socket:", StringComparison.Ordinal)))
            return Console.Out;
        var file = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        Console.SetOut(new StreamWriter(new PipeStream(file), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true });
        return Console.Out;
    }

    /// <summary>Standard error. A closed one takes nothing: a write would go to a file of the runtime, which then aborts.</summary>
    public static TextWriter OpenError() => IsClosed(2) ? TextWriter.Null : Console.Error;

    private static bool IsClosed(int descriptor) =>
        OperatingSystem.IsLinux() && FlagsOf(descriptor) is { } flags && (flags & CloseOnExec) != 0;

    private static string? LinkOf(int descriptor)
    {
        try
        {
            return new FileInfo($"/proc/self/fd/{descriptor}").LinkTarget;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static int? FlagsOf(int descriptor)
    {
        try
        {
            var line = File.ReadLines($"/proc/self/fdinfo/{descriptor}")
                .FirstOrDefault(static line => line.StartsWith("flags:", StringComparison.Ordinal));
            return line is null ? null : Convert.ToInt32(line["flags:".Length..].Trim(), 8);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }

    private sealed class PipeStream(FileStream pipe) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                pipe.Write(buffer);
            }
            catch (IOException error)
            {
                throw new ReaderGoneException(error);
            }
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}

/// <summary>The program that read standard output has ended, as <c>head</c> does.</summary>
internal sealed class ReaderGoneException(IOException cause) : IOException("The reader of standard output has ended.", cause);
