-- One and a half million rows that depend on nothing but their own numbers, so that every run makes
-- the same shop. pick() scatters a row's number over 0 .. choices - 1 by Knuth's multiplicative hash.

CREATE FUNCTION pg_temp.pick(row_number bigint, salt integer, choices integer) RETURNS integer
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN ((((row_number + salt * 7919) * 2654435761 % 4294967296) / 128) % choices)::integer;

INSERT INTO crm.customers (id, first_name, last_name, email, phone, country, newsletter, preferences, created_at)
SELECT i, first, last, lower(first || '.' || last || i || '@example.' || (ARRAY['com', 'org', 'net'])[1 + pg_temp.pick(i, 3, 3)]),
       CASE WHEN pg_temp.pick(i, 4, 10) < 7 THEN '+49 30 ' || (1000000 + pg_temp.pick(i, 5, 8999999)) END,
       (ARRAY['DE', 'DE', 'DE', 'AT', 'CH', 'FR', 'NL', 'PL'])[1 + pg_temp.pick(i, 6, 8)],
       pg_temp.pick(i, 7, 3) = 0,
       jsonb_build_object('language', (ARRAY['de', 'en', 'fr'])[1 + pg_temp.pick(i, 8, 3)], 'dark_mode', pg_temp.pick(i, 9, 2) = 1),
       timestamptz '2024-01-01Z' + i * interval '15 minutes'
FROM (
  SELECT i,
         (ARRAY['Ada', 'Ben', 'Clara', 'David', 'Elif', 'Finn', 'Greta', 'Hugo', 'Ida', 'Jonas', 'Karim', 'Lena', 'Mia', 'Noah', 'Olga', 'Paul', 'Rosa', 'Samir', 'Tilda', 'Yusuf'])[1 + pg_temp.pick(i, 1, 20)] AS first,
         (ARRAY['Bauer', 'Becker', 'Fischer', 'Haas', 'Keller', 'Koch', 'Lange', 'Maier', 'Nowak', 'Peters', 'Richter', 'Sauer', 'Schmidt', 'Vogel', 'Weber', 'Winter', 'Yilmaz', 'Zimmer'])[1 + pg_temp.pick(i, 2, 18)] AS last
  FROM generate_series(1, 60000) AS i
) AS people;

INSERT INTO crm.addresses (id, customer_id, street, city, postcode, country, is_billing)
SELECT i, 1 + (i - 1) % 60000,
       (ARRAY['Hauptstraße', 'Lindenweg', 'Bergstraße', 'Am Markt', 'Gartenallee', 'Schulgasse', 'Uferpromenade'])[1 + pg_temp.pick(i, 1, 7)] || ' ' || (1 + pg_temp.pick(i, 2, 180)),
       (ARRAY['Berlin', 'Hamburg', 'Wien', 'Zürich', 'Lyon', 'Utrecht', 'Kraków', 'Leipzig'])[1 + pg_temp.pick(i, 3, 8)],
       lpad(pg_temp.pick(i, 4, 99999)::text, 5, '0'), 'DE', i > 60000
FROM generate_series(1, 80000) AS i;

INSERT INTO catalog.categories (id, parent_id, name)
SELECT i, CASE WHEN i > 8 THEN 1 + (i - 9) % 8 END,
       (ARRAY['Kitchen', 'Garden', 'Books', 'Toys', 'Sports', 'Lighting', 'Office', 'Outdoor'])[1 + (i - 1) % 8] || CASE WHEN i > 8 THEN ' ' || (i - 1) / 8 ELSE '' END
FROM generate_series(1, 40) AS i;

INSERT INTO catalog.products (id, category_id, sku, name, price, tags, weight_grams, discontinued, updated_at)
SELECT i, 1 + pg_temp.pick(i, 1, 40), 'SKU-' || lpad(i::text, 6, '0'),
       (ARRAY['Oak', 'Steel', 'Linen', 'Copper', 'Cork', 'Glass', 'Wool', 'Bamboo'])[1 + pg_temp.pick(i, 2, 8)] || ' ' ||
       (ARRAY['Lamp', 'Bowl', 'Chair', 'Blanket', 'Notebook', 'Kettle', 'Planter', 'Puzzle', 'Racket', 'Shelf'])[1 + pg_temp.pick(i, 3, 10)] || ' No. ' || i,
       (199 + pg_temp.pick(i, 4, 29800)) / 100.0,
       ARRAY[(ARRAY['new', 'sale', 'classic'])[1 + pg_temp.pick(i, 5, 3)], (ARRAY['indoor', 'outdoor'])[1 + pg_temp.pick(i, 6, 2)]],
       CASE WHEN pg_temp.pick(i, 7, 9) > 0 THEN 50 + pg_temp.pick(i, 8, 20000) END,
       pg_temp.pick(i, 9, 25) = 0, timestamptz '2024-01-01Z' + i * interval '3 hours'
FROM generate_series(1, 5000) AS i;

INSERT INTO catalog.reviews (id, product_id, customer_id, stars, title, body, created_at)
SELECT i, 1 + pg_temp.pick(i, 1, 5000), 1 + pg_temp.pick(i, 2, 60000), 1 + greatest(pg_temp.pick(i, 3, 5), pg_temp.pick(i, 4, 5)),
       (ARRAY['As described', 'Lovely', 'Would buy again', 'Not what I hoped for', 'Good value', 'Arrived late'])[1 + pg_temp.pick(i, 5, 6)],
       CASE WHEN pg_temp.pick(i, 6, 3) > 0 THEN repeat('It does what it should, and it looks good doing it. ', 1 + pg_temp.pick(i, 7, 4)) END,
       timestamptz '2024-02-01Z' + i * interval '9 minutes'
FROM generate_series(1, 90000) AS i;

INSERT INTO sales.orders (id, customer_id, status, currency, note, placed_at)
SELECT i, 1 + pg_temp.pick(i, 1, 60000),
       (ARRAY['placed', 'paid', 'shipped', 'delivered', 'delivered', 'delivered', 'delivered', 'delivered', 'returned', 'cancelled'])[1 + pg_temp.pick(i, 2, 10)]::sales.order_status,
       (ARRAY['EUR', 'EUR', 'EUR', 'CHF', 'PLN'])[1 + pg_temp.pick(i, 3, 5)],
       CASE WHEN pg_temp.pick(i, 4, 20) = 0 THEN 'Please leave it with a neighbour.' END,
       timestamptz '2024-01-01Z' + i * interval '5 minutes'
FROM generate_series(1, 200000) AS i;

INSERT INTO sales.order_items (order_id, line, product_id, quantity, unit_price)
SELECT i, line, product_id, 1 + pg_temp.pick(i * 8 + line, 3, 4), (199 + pg_temp.pick(product_id, 4, 29800)) / 100.0
FROM (
  SELECT i, line, 1 + pg_temp.pick(i * 8 + line, 2, 5000)::bigint AS product_id
  FROM generate_series(1, 200000) AS i, generate_series(1, 1 + pg_temp.pick(i, 1, 4)) AS line
) AS lines;

INSERT INTO sales.payments (id, order_id, method, amount, paid_at)
SELECT md5('payment ' || o.id)::uuid, o.id, (ARRAY['card', 'card', 'transfer', 'wallet', 'invoice'])[1 + pg_temp.pick(o.id, 5, 5)]::sales.payment_method,
       i.amount, o.placed_at + interval '2 minutes' * (1 + pg_temp.pick(o.id, 6, 300))
FROM sales.orders AS o JOIN (SELECT order_id, sum(total) AS amount FROM sales.order_items GROUP BY order_id) AS i ON i.order_id = o.id
WHERE o.status NOT IN ('placed', 'cancelled')
ORDER BY o.id;

INSERT INTO sales.shipments (id, order_id, carrier, tracking, shipped_at, delivered_at)
SELECT o.id, o.id, (ARRAY['post', 'post', 'courier', 'pickup'])[1 + pg_temp.pick(o.id, 7, 4)]::sales.carrier,
       'CP' || lpad(o.id::text, 9, '0') || 'DE', o.placed_at + interval '1 day',
       CASE WHEN o.status IN ('delivered', 'returned') THEN o.placed_at + interval '1 day' + interval '1 hour' * (4 + pg_temp.pick(o.id, 8, 120)) END
FROM sales.orders AS o WHERE o.status IN ('shipped', 'delivered', 'returned')
ORDER BY o.id;

INSERT INTO warehouse.sites (id, code, city) VALUES
  (1, 'BER', 'Berlin'), (2, 'HAM', 'Hamburg'), (3, 'VIE', 'Wien'), (4, 'LYS', 'Lyon'), (5, 'KRK', 'Kraków');

INSERT INTO warehouse.inventory (site_id, product_id, on_hand, reserved, counted_on)
SELECT 1 + i % 5, 1 + i / 5, pg_temp.pick(i, 1, 400), pg_temp.pick(i, 2, 20), date '2025-11-01' + pg_temp.pick(i, 3, 60)
FROM generate_series(0, 24999) AS i;

INSERT INTO audit.events (id, at, actor, action, detail)
SELECT i, timestamptz '2024-03-01Z' + i * interval '6 minutes',
       (ARRAY['web', 'app', 'support', 'batch'])[1 + pg_temp.pick(i, 1, 4)],
       (ARRAY['login', 'order.placed', 'order.changed', 'password.changed', 'stock.counted'])[1 + pg_temp.pick(i, 2, 5)],
       jsonb_build_object('customer', 1 + pg_temp.pick(i, 3, 60000), 'ip', '198.51.100.' || pg_temp.pick(i, 4, 255), 'ok', pg_temp.pick(i, 5, 50) > 0)
FROM generate_series(1, 150000) AS i;

SELECT setval(pg_get_serial_sequence(t, 'id'), n)
FROM (VALUES ('crm.customers', 60000), ('crm.addresses', 80000), ('catalog.categories', 40), ('catalog.products', 5000),
             ('catalog.reviews', 90000), ('sales.orders', 200000), ('sales.shipments', 200000), ('warehouse.sites', 5),
             ('audit.events', 150000)) AS sequences (t, n);
