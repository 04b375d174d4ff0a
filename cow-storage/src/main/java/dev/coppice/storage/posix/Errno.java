package dev.coppice.storage.posix;

/** Error numbers of Linux, the same on every architecture that we run on. */
public final class Errno {

  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int EINTR = 4;
  public static final int EIO = 5;
  public static final int EBADF = 9;
  public static final int EAGAIN = 11;
  public static final int EACCES = 13;
  public static final int ENXIO = 6;
  public static final int EBUSY = 16;
  public static final int EEXIST = 17;
  public static final int EXDEV = 18;
  public static final int ENODEV = 19;
  public static final int ENOTDIR = 20;
  public static final int EISDIR = 21;
  public static final int EINVAL = 22;
  public static final int EFBIG = 27;
  public static final int ENOSPC = 28;
  public static final int EMLINK = 31;
  public static final int ENAMETOOLONG = 36;
  public static final int ENOSYS = 38;
  public static final int ENOTEMPTY = 39;
  public static final int EOPNOTSUPP = 95;
  public static final int ENOTCONN = 107;
  public static final int ECANCELED = 125;
  public static final int EDQUOT = 122;
  public static final int ESTALE = 116;

  private Errno() {}

  public static String describe(int errno) {
    return switch (errno) {
      case EPERM -> "operation not permitted";
      case ENOENT -> "no such file or directory";
      case EIO -> "input/output error";
      case EACCES -> "permission denied";
      case EBUSY -> "device or resource busy";
      case ENODEV -> "no such device";
      case EINVAL -> "invalid argument";
      case ENOSPC -> "no space left on device";
      case EDQUOT -> "disk quota exceeded";
      default -> "error " + errno;
    };
  }
}
