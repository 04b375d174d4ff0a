package dev.coppice.storage.tree;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A persistent map from 64-bit keys to values. An update copies one path and shares the rest, so
 * that a copy of the whole map is a copy of one reference. A radix trie over the keys' bits, most
 * significant first, whose leaves sit as high as they are unique: keys should be spread evenly (see
 * {@link #spread}). Iteration is in unsigned order of the keys.
 */
public final class LongMap<V> {

  private static final int BITS = 6;
  private static final LongMap<?> EMPTY = new LongMap<>(null, 0);

  private record Leaf(long key, Object value) {}

  /** Slots are leaves or nodes, one for each bit that is set. */
  private static final class Node {
    private final long bitmap;
    private final Object[] slots;

    Node(long bitmap, Object[] slots) {
      this.bitmap = bitmap;
      this.slots = slots;
    }

    int index(int digit) {
      return Long.bitCount(bitmap & ((1L << digit) - 1));
    }

    boolean has(int digit) {
      return (bitmap >>> digit & 1) != 0;
    }
  }

  private final @Nullable Object root;
  private final int size;

  private LongMap(@Nullable Object root, int size) {
    this.root = root;
    this.size = size;
  }

  @SuppressWarnings("unchecked")
  public static <V> LongMap<V> empty() {
    return (LongMap<V>) EMPTY;
  }

  /** A one-to-one scattering of small consecutive numbers over all 64 bits. */
  public static long spread(long id) {
    return id * 0x9E3779B97F4A7C15L;
  }

  public int size() {
    return size;
  }

  @SuppressWarnings("unchecked")
  public @Nullable V get(long key) {
    Object at = root;
    int depth = 0;
    while (at instanceof Node node) {
      int digit = digit(key, depth++);
      if (!node.has(digit)) {
        return null;
      }
      at = node.slots[node.index(digit)];
    }
    return at instanceof Leaf leaf && leaf.key == key ? (V) leaf.value : null;
  }

  public LongMap<V> with(long key, V value) {
    boolean present = get(key) != null;
    return new LongMap<>(with(root, new Leaf(key, value), 0), present ? size : size + 1);
  }

  public LongMap<V> without(long key) {
    return get(key) == null ? this : new LongMap<>(without(root, key, 0), size - 1);
  }

  public void forEach(Consumer<V> action) {
    visit(
        root,
        0,
        0,
        false,
        (key, value) -> {
          action.accept(value);
          return true;
        });
  }

  /** Sees entries in order; answers whether to go on. */
  public interface Visit<V> {
    boolean see(long key, V value);
  }

  /** Visits the entries from a key on (unsigned, inclusive) until the visitor has enough. */
  public void visitFrom(long firstKey, Visit<V> visitor) {
    visit(root, 0, firstKey, true, visitor);
  }

  @SuppressWarnings("unchecked")
  private boolean visit(
      @Nullable Object at, int depth, long firstKey, boolean bounded, Visit<V> visitor) {
    if (at instanceof Leaf leaf) {
      return (bounded && Long.compareUnsigned(leaf.key, firstKey) < 0)
          || visitor.see(leaf.key, (V) leaf.value);
    }
    if (!(at instanceof Node node)) {
      return true;
    }
    int firstDigit = bounded ? digit(firstKey, depth) : 0;
    for (int digit = firstDigit; digit < 1 << BITS; digit++) {
      if (node.has(digit)) {
        boolean onBound = bounded && digit == firstDigit;
        if (!visit(node.slots[node.index(digit)], depth + 1, firstKey, onBound, visitor)) {
          return false;
        }
      }
    }
    return true;
  }

  /** Sees the values before and after of a key whose values are not the same object. */
  public interface Difference<V> {
    void see(@Nullable V before, @Nullable V after);
  }

  /**
   * Visits what differs, in time proportional to that: what two maps share is passed over. Returns
   * how many places it looked at.
   */
  public long differences(LongMap<V> after, Difference<V> visitor) {
    return compare(root, after.root, 0, visitor);
  }

  @SuppressWarnings({"unchecked", "ReferenceEquality"})
  private static <V> long compare(
      @Nullable Object before, @Nullable Object after, int depth, Difference<V> visitor) {
    if (before == after) {
      return 1;
    }
    if (before instanceof Node || after instanceof Node) {
      long steps = 1;
      long digits = digits(before, depth) | digits(after, depth);
      while (digits != 0) {
        int digit = Long.numberOfTrailingZeros(digits);
        digits &= digits - 1;
        steps +=
            compare(below(before, digit, depth), below(after, digit, depth), depth + 1, visitor);
      }
      return steps;
    }
    Leaf old = (Leaf) before;
    Leaf young = (Leaf) after;
    if (old != null && young != null && old.key == young.key) {
      if (old.value != young.value) {
        visitor.see((V) old.value, (V) young.value);
      }
      return 1;
    }
    if (old != null) {
      visitor.see((V) old.value, null);
    }
    if (young != null) {
      visitor.see(null, (V) young.value);
    }
    return 1;
  }

  private static long digits(@Nullable Object at, int depth) {
    return switch (at) {
      case Node node -> node.bitmap;
      case Leaf leaf -> 1L << digit(leaf.key, depth);
      case null, default -> 0;
    };
  }

  private static @Nullable Object below(@Nullable Object at, int digit, int depth) {
    if (at instanceof Node node) {
      return node.has(digit) ? node.slots[node.index(digit)] : null;
    }
    return at instanceof Leaf leaf && digit(leaf.key, depth) == digit ? leaf : null;
  }

  private static Object with(@Nullable Object at, Leaf leaf, int depth) {
    return switch (at) {
      case null -> leaf;
      case Leaf other when other.key == leaf.key -> leaf;
      case Leaf other -> with(with(new Node(0, new Object[0]), other, depth), leaf, depth);
      case Node node -> {
        int digit = digit(leaf.key, depth);
        int index = node.index(digit);
        if (node.has(digit)) {
          Object[] slots = node.slots.clone();
          slots[index] = with(slots[index], leaf, depth + 1);
          yield new Node(node.bitmap, slots);
        }
        Object[] slots = new Object[node.slots.length + 1];
        System.arraycopy(node.slots, 0, slots, 0, index);
        slots[index] = leaf;
        System.arraycopy(node.slots, index, slots, index + 1, node.slots.length - index);
        yield new Node(node.bitmap | 1L << digit, slots);
      }
      default -> throw new IllegalStateException("not a slot: " + at);
    };
  }

  private static @Nullable Object without(@Nullable Object at, long key, int depth) {
    if (!(at instanceof Node node)) {
      return null;
    }
    int digit = digit(key, depth);
    int index = node.index(digit);
    Object below = without(node.slots[index], key, depth + 1);
    if (below != null) {
      if (below instanceof Leaf && node.slots.length == 1) {
        return below;
      }
      Object[] slots = node.slots.clone();
      slots[index] = below;
      return new Node(node.bitmap, slots);
    }
    if (node.slots.length == 1) {
      return null;
    }
    Object[] slots = new Object[node.slots.length - 1];
    System.arraycopy(node.slots, 0, slots, 0, index);
    System.arraycopy(node.slots, index + 1, slots, index, slots.length - index);
    return slots.length == 1 && slots[0] instanceof Leaf
        ? slots[0]
        : new Node(node.bitmap & ~(1L << digit), slots);
  }

  /** The last digit has four bits only. */
  private static int digit(long key, int depth) {
    int shift = 64 - BITS * (depth + 1);
    return (int) (shift >= 0 ? key >>> shift : key << -shift) & (1 << BITS) - 1;
  }
}
