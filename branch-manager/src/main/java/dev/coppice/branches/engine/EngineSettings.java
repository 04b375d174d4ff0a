package dev.coppice.branches.engine;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Settings given on an engine's command line, so that its PGDATA stays as it was. What isolates an
 * engine is not here but in {@link EngineHost}, and cannot be overridden.
 */
public final class EngineSettings {

  private static final long MIB = 1024 * 1024;

  private EngineSettings() {}

  /**
   * Branches: many at once on one machine, so small caches (the kernel's page cache is behind them)
   * and little log. A fork of a running engine holds what it has synced, so no configuration file
   * may turn fsync or full-page writes off.
   */
  public static Map<String, String> branch(int major) {
    Map<String, String> settings = common(major);
    settings.put("fsync", "on");
    settings.put("full_page_writes", "on");
    settings.put("shared_buffers", "32MB");
    settings.put("min_wal_size", "32MB");
    settings.put("max_wal_size", "256MB");
    if (major >= 18) {
      // CREATE DATABASE ... STRATEGY FILE_COPY then shares pages, which the store is asked to.
      settings.put("file_copy_method", "clone");
    }
    return settings;
  }

  /** The catalogue: a few small rows, but every one of them counts. */
  public static Map<String, String> catalogue(int major) {
    Map<String, String> settings = branch(major);
    settings.put("shared_buffers", "8MB");
    settings.put("max_connections", "20");
    settings.put("wal_level", "minimal");
    settings.put("max_wal_senders", "0");
    settings.put("jit", "off");
    // A commit into pages that the store holds already costs one flush of the disk instead of two.
    settings.put("wal_init_zero", "on");
    return settings;
  }

  /**
   * The filling of a base, which is thrown away if it does not complete: nothing is made durable
   * until the end, and memory is used freely.
   */
  public static Map<String, String> load(int major) {
    return load(major, machineMemoryBytes(), Runtime.getRuntime().availableProcessors());
  }

  static Map<String, String> load(int major, long machineMemoryBytes, int processors) {
    Map<String, String> settings = common(major);
    settings.put("shared_buffers", mebibytes(machineMemoryBytes / 16, 64, 1024));
    settings.put("maintenance_work_mem", mebibytes(machineMemoryBytes / 32, 64, 1024));
    settings.put("max_parallel_maintenance_workers", String.valueOf(Math.clamp(processors, 1, 8)));
    settings.put("wal_level", "minimal");
    settings.put("max_wal_senders", "0");
    settings.put("fsync", "off");
    settings.put("synchronous_commit", "off");
    settings.put("full_page_writes", "off");
    settings.put("wal_recycle", "off");
    settings.put("max_wal_size", "4GB");
    settings.put("min_wal_size", "32MB");
    settings.put("checkpoint_timeout", "1h");
    settings.put("autovacuum", "off");
    return settings;
  }

  /** A base that follows its source: one writer, whose commits are told to the source. */
  public static Map<String, String> base(int major) {
    Map<String, String> settings = branch(major);
    settings.put("shared_buffers", mebibytes(machineMemoryBytes() / 64, 64, 512));
    settings.put("max_wal_size", "1GB");
    settings.put("max_connections", "20");
    return settings;
  }

  /** The hidden child of a base that becomes a snapshot; durable when the store freezes it. */
  public static Map<String, String> seal(int major) {
    Map<String, String> settings = branch(major);
    settings.put("fsync", "off");
    settings.put("wal_recycle", "off");
    settings.put("autovacuum", "off");
    settings.put("maintenance_work_mem", "64MB");
    return settings;
  }

  private static Map<String, String> common(int major) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("recovery_init_sync_method", "syncfs");
    // An engine that has crashed is started anew from outside. One that reinitialises itself while
    // the disk is full may lose sight of its startup process, and then never answers (15.19, 18.6).
    settings.put("restart_after_crash", "off");
    settings.put("archive_mode", "off");
    settings.put("max_logical_replication_workers", "0");
    settings.put("huge_pages", "off");
    settings.put("wal_init_zero", "off");
    settings.put("log_checkpoints", "off");
    if (major >= 18) {
      // Worker processes for I/O would be three more per engine; the kernel reads ahead as well.
      settings.put("io_method", "sync");
    }
    return settings;
  }

  private static long machineMemoryBytes() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getTotalMemorySize();
  }

  private static String mebibytes(long bytes, long least, long most) {
    return Math.clamp(bytes / MIB, least, most) + "MB";
  }
}
