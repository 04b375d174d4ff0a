package dev.coppice.proxy.session;

import dev.coppice.proxy.wire.FrontendMessages;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A session of the proxy's own that is asked, again and again, for a fingerprint of all that a
 * session takes from catalogues and configuration only when it begins: if it has not changed since,
 * a new session would begin as an earlier one did. There is none where the database runs code at a
 * session's beginning, or has functions that might leave something in a session: a trigger or a
 * view may call them unseen. As long as no transaction has ended and no configuration was loaded,
 * an earlier fingerprint holds. It also looks, now and then, whether somebody wants the database
 * for itself. Confined to its channel's event loop.
 */
final class SessionCheck extends EngineAnswers {

  /** More than these are not read for every client. */
  private static final int MAX_FUNCTIONS = 100;

  /** FirstNormalObjectId: what was not there before the first user (access/transam.h). */
  private static final int FIRST_OWN_OID = 16384;

  /**
   * Whatever is committed changes the snapshot, a two-phase commit too; its text is hashed, since
   * it has all running transactions in it.
   */
  private static final String STATE =
      "pg_catalog.md5(pg_catalog.concat("
          + "pg_catalog.pg_current_snapshot(), ' ', pg_catalog.pg_conf_load_time()))";

  /** Languages by their fixed ids (pg_language.dat): C is 13, SQL 14. */
  private static final String SQL =
      """
      SELECT CASE
        WHEN EXISTS (SELECT FROM pg_catalog.pg_event_trigger t
            WHERE t.evtevent OPERATOR(pg_catalog.=) 'login') THEN NULL
        WHEN EXISTS (SELECT FROM pg_catalog.pg_proc p
            WHERE p.oid OPERATOR(pg_catalog.>=) %1$d::pg_catalog.oid
            OFFSET %2$d) THEN NULL
        WHEN EXISTS (SELECT FROM pg_catalog.pg_proc p
            WHERE p.oid OPERATOR(pg_catalog.>=) %1$d::pg_catalog.oid
            AND (p.proconfig IS NOT NULL OR NOT (
              p.prolang OPERATOR(pg_catalog.=) 13::pg_catalog.oid
                AND p.probin OPERATOR(pg_catalog.~) '^\\$libdir/(%3$s)$'
              OR (p.prolang OPERATOR(pg_catalog.=) 14::pg_catalog.oid
                OR p.prolang OPERATOR(pg_catalog.=) (SELECT l.oid
                  FROM pg_catalog.pg_language l WHERE l.lanname OPERATOR(pg_catalog.=) 'plpgsql'))
                AND p.prosrc OPERATOR(pg_catalog.<>) ''
                AND p.prosrc OPERATOR(pg_catalog.!~*) '%4$s'))) THEN NULL
        ELSE pg_catalog.md5(pg_catalog.concat_ws(' ',
          (SELECT pg_catalog.string_agg(pg_catalog.concat(s.xmin, ',', s.setdatabase, ',', s.setrole), ';')
            FROM pg_catalog.pg_db_role_setting s),
          (SELECT d.xmin FROM pg_catalog.pg_database d
            WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()),
          (SELECT pg_catalog.concat_ws(',', r.oid, r.rolcanlogin, r.rolsuper, r.rolconnlimit)
            FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) SESSION_USER),
          pg_catalog.pg_conf_load_time()))
        END, %5$s\
      """
          .formatted(
              FIRST_OWN_OID,
              MAX_FUNCTIONS,
              "btree_gin|btree_gist|citext|cube|fuzzystrmatch|hstore|intarray|isn|ltree"
                  + "|pg_stat_statements|pg_trgm|pgcrypto|seg|tablefunc|unaccent|uuid-ossp|vector",
              "set_config|setseed|dblink|execute|load|_to_xml|ts_stat|origin|[[:<:]]set[[:>:]]",
              STATE)
          .replaceAll("\\s+", " ");

  /**
   * DROP DATABASE and the like hold such a lock while they wait for other sessions to end
   * (get_db_info in commands/dbcommands.c); a session that begins has a weaker one. 1262 is
   * pg_database.
   */
  private static final String CLAIM =
      """
      SELECT CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_locks l
          WHERE l.locktype OPERATOR(pg_catalog.=) 'object'
          AND l.classid OPERATOR(pg_catalog.=) 1262::pg_catalog.oid
          AND (l.mode OPERATOR(pg_catalog.=) 'AccessExclusiveLock'
            OR l.mode OPERATOR(pg_catalog.=) 'ShareLock'))
        THEN 'claimed' ELSE 'free' END\
      """
          .replaceAll("\\s+", " ");

  /** Postgres waits for five seconds. */
  private static final long LOOK_MILLIS = 2_000;

  private static final String CLAIM_STATEMENT = "claim";
  private static final String FINGERPRINT_STATEMENT = "fingerprint";
  private static final String STATE_STATEMENT = "state";
  private static final int MAX_MESSAGE_BYTES = 1024;
  private static final long PATIENCE_MILLIS = 5_000;

  /** What the engine was asked last. */
  private enum Question {
    PREPARATION,
    FINGERPRINT,
    STATE,
    CLAIM,
    NONE
  }

  private final Channel engine;
  private final long idleMillis;
  private final Runnable whenClaimed;
  private final ScheduledFuture<?> looking;
  private List<Consumer<Optional<String>>> waiting = new ArrayList<>();
  private List<Consumer<Optional<String>>> asked = new ArrayList<>();
  private Question question = Question.PREPARATION;
  private Optional<String> fingerprint = Optional.empty();

  /** When the fingerprint was taken; nothing if it never was, or there is none. */
  private Optional<String> state = Optional.empty();

  /** Whether the state is still that one. */
  private boolean unchanged;

  private boolean claimed;
  private boolean lookDue;

  /** Since it was of use last. */
  private int looks;

  private @Nullable ScheduledFuture<?> deadline;

  private SessionCheck(Channel engine, long idleMillis, Runnable whenClaimed) {
    super("12DCZS", MAX_MESSAGE_BYTES);
    this.engine = engine;
    this.idleMillis = idleMillis;
    this.whenClaimed = whenClaimed;
    this.looking =
        engine
            .eventLoop()
            .scheduleWithFixedDelay(this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
  }

  /**
   * Takes a session over, with nothing in it.
   *
   * @param idleMillis after which it ends if it is of no use
   * @param whenClaimed called when somebody waits for the sessions of a database to end
   */
  static SessionCheck on(Channel engine, long idleMillis, Runnable whenClaimed) {
    SessionCheck check = new SessionCheck(engine, idleMillis, whenClaimed);
    engine.pipeline().addLast(check);
    engine.config().setAutoRead(true);
    ByteBuf message = engine.alloc().buffer();
    FrontendMessages.parse(message, FINGERPRINT_STATEMENT, SQL);
    FrontendMessages.parse(message, STATE_STATEMENT, "SELECT " + STATE);
    FrontendMessages.parse(message, CLAIM_STATEMENT, CLAIM);
    FrontendMessages.sync(message);
    check.send(message);
    return check;
  }

  boolean isAlive() {
    return engine.isActive();
  }

  void close() {
    engine.close();
  }

  /** It is of use, though nobody asks. */
  void stay() {
    looks = 0;
    if (!awaited()) {
      closeAfter(idleMillis);
    }
  }

  private void look() {
    lookDue = true;
    if (!awaited()) {
      next();
    }
  }

  /** Answers with what is the case at some time from now on; with nothing if there is none. */
  void ask(Consumer<Optional<String>> then) {
    if (!isAlive()) {
      then.accept(Optional.empty());
      return;
    }
    looks = 0;
    waiting.add(then);
    if (!awaited()) {
      next();
    }
  }

  private void next() {
    if (lookDue) {
      lookDue = false;
      claimed = false;
      execute(Question.CLAIM, CLAIM_STATEMENT);
      return;
    }
    List<Consumer<Optional<String>>> answered = asked;
    asked = waiting;
    waiting = answered;
    if (state.isPresent()) {
      unchanged = false;
      execute(Question.STATE, STATE_STATEMENT);
    } else {
      takeFingerprint();
    }
  }

  private void takeFingerprint() {
    fingerprint = Optional.empty();
    state = Optional.empty();
    execute(Question.FINGERPRINT, FINGERPRINT_STATEMENT);
  }

  private void execute(Question next, String statement) {
    question = next;
    ByteBuf message = engine.alloc().buffer();
    FrontendMessages.execute(message, statement);
    FrontendMessages.sync(message);
    send(message);
  }

  private void send(ByteBuf message) {
    closeAfter(PATIENCE_MILLIS);
    engine.writeAndFlush(message);
  }

  private void closeAfter(long millis) {
    endDeadline();
    deadline = engine.eventLoop().schedule(() -> engine.close(), millis, TimeUnit.MILLISECONDS);
  }

  @Override
  boolean awaited() {
    return question != Question.NONE;
  }

  @Override
  void message(ChannelHandlerContext ctx, char type, ByteBuf body, boolean last) {
    if (type == 'D') {
      row(body);
    } else if (type == 'Z') {
      if (question == Question.CLAIM) {
        looked();
      } else if (question == Question.STATE && !unchanged) {
        takeFingerprint();
      } else {
        answer();
      }
    }
  }

  private void row(ByteBuf row) {
    int columns = row.readableBytes() < 2 ? 0 : row.readShort();
    if (question == Question.FINGERPRINT && columns == 2) {
      fingerprint = column(row);
      state = fingerprint.isPresent() ? column(row) : Optional.empty();
    } else if (question == Question.STATE && columns == 1) {
      unchanged = column(row).equals(state);
    } else if (question == Question.CLAIM && columns == 1) {
      claimed = column(row).equals(Optional.of("claimed"));
    }
  }

  /** Nothing if it is null. */
  private static Optional<String> column(ByteBuf row) {
    int length = row.readableBytes() < 4 ? -1 : row.readInt();
    return length < 0 || length > row.readableBytes()
        ? Optional.empty()
        : Optional.of(row.readString(length, StandardCharsets.US_ASCII));
  }

  private void looked() {
    rest();
    looks++;
    if (claimed) {
      whenClaimed.run();
    } else if (!waiting.isEmpty()) {
      next();
    } else if (looks * LOOK_MILLIS >= idleMillis) {
      close();
    }
  }

  private void rest() {
    closeAfter(idleMillis);
    question = Question.NONE;
  }

  private void answer() {
    rest();
    List<Consumer<Optional<String>>> answered = List.copyOf(asked);
    asked.clear();
    Optional<String> found = fingerprint;
    answered.forEach(then -> then.accept(found));
    if (!awaited() && (lookDue || !waiting.isEmpty())) {
      next();
    }
  }

  private void endDeadline() {
    if (deadline != null) {
      deadline.cancel(false);
      deadline = null;
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    super.channelInactive(ctx);
    endDeadline();
    looking.cancel(false);
    List<Consumer<Optional<String>>> unanswered = new ArrayList<>(asked);
    unanswered.addAll(waiting);
    asked.clear();
    waiting.clear();
    unanswered.forEach(then -> then.accept(Optional.empty()));
  }
}
