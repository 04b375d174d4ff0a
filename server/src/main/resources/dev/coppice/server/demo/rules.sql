-- Keys, indexes, functions, triggers, views and rights, as they grow around a shop's tables.

ALTER TABLE crm.customers ADD PRIMARY KEY (id), ADD UNIQUE (email);
ALTER TABLE crm.addresses ADD PRIMARY KEY (id), ADD FOREIGN KEY (customer_id) REFERENCES crm.customers ON DELETE CASCADE;
ALTER TABLE catalog.categories ADD PRIMARY KEY (id), ADD FOREIGN KEY (parent_id) REFERENCES catalog.categories;
ALTER TABLE catalog.products ADD PRIMARY KEY (id), ADD UNIQUE (sku), ADD FOREIGN KEY (category_id) REFERENCES catalog.categories;
ALTER TABLE catalog.reviews ADD PRIMARY KEY (id), ADD CHECK (stars BETWEEN 1 AND 5),
  ADD FOREIGN KEY (product_id) REFERENCES catalog.products ON DELETE CASCADE,
  ADD FOREIGN KEY (customer_id) REFERENCES crm.customers ON DELETE CASCADE;
ALTER TABLE sales.orders ADD PRIMARY KEY (id), ADD FOREIGN KEY (customer_id) REFERENCES crm.customers;
ALTER TABLE sales.order_items ADD PRIMARY KEY (order_id, line), ADD CHECK (quantity > 0),
  ADD FOREIGN KEY (order_id) REFERENCES sales.orders ON DELETE CASCADE,
  ADD FOREIGN KEY (product_id) REFERENCES catalog.products;
ALTER TABLE sales.payments ADD PRIMARY KEY (id), ADD FOREIGN KEY (order_id) REFERENCES sales.orders ON DELETE CASCADE;
ALTER TABLE sales.shipments ADD PRIMARY KEY (id), ADD FOREIGN KEY (order_id) REFERENCES sales.orders ON DELETE CASCADE;
ALTER TABLE warehouse.sites ADD PRIMARY KEY (id), ADD UNIQUE (code);
ALTER TABLE warehouse.inventory ADD PRIMARY KEY (site_id, product_id),
  ADD FOREIGN KEY (site_id) REFERENCES warehouse.sites, ADD FOREIGN KEY (product_id) REFERENCES catalog.products;
ALTER TABLE audit.events ADD PRIMARY KEY (id, at);

CREATE INDEX ON crm.addresses (customer_id);
CREATE INDEX ON catalog.products USING gin (tags);
CREATE INDEX ON catalog.reviews (product_id, stars);
CREATE INDEX ON sales.orders (customer_id, placed_at);
CREATE INDEX open_orders ON sales.orders (placed_at) WHERE status IN ('placed', 'paid');
CREATE INDEX ON sales.payments (order_id);
CREATE INDEX ON sales.shipments (order_id);

CREATE FUNCTION catalog.touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END $$;

CREATE FUNCTION audit.note_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit.events (at, actor, action, detail)
  VALUES (now(), current_user, 'order.' || lower(TG_OP), jsonb_build_object('order', coalesce(NEW.id, OLD.id)));
  RETURN NULL;
END $$;

CREATE TRIGGER touch BEFORE UPDATE ON catalog.products FOR EACH ROW EXECUTE FUNCTION catalog.touch();
CREATE TRIGGER note AFTER UPDATE OF status OR DELETE ON sales.orders FOR EACH ROW EXECUTE FUNCTION audit.note_order();

CREATE VIEW sales.order_totals AS
  SELECT o.id, o.customer_id, o.status, o.placed_at, sum(i.total) AS total
  FROM sales.orders AS o JOIN sales.order_items AS i ON i.order_id = o.id
  GROUP BY o.id;
CREATE VIEW crm.mailing_list AS SELECT email, first_name, last_name FROM crm.customers WHERE newsletter;
CREATE MATERIALIZED VIEW sales.monthly_revenue AS
  SELECT date_trunc('month', o.placed_at, 'UTC') AS month, o.currency, count(DISTINCT o.id) AS orders, sum(i.total) AS revenue
  FROM sales.orders AS o JOIN sales.order_items AS i ON i.order_id = o.id
  WHERE o.status <> 'cancelled'
  GROUP BY 1, 2;
CREATE UNIQUE INDEX ON sales.monthly_revenue (month, currency);

COMMENT ON TABLE sales.orders IS 'One row for each order; never deleted, except by the retention job.';
COMMENT ON COLUMN crm.customers.newsletter IS 'Consent, as given on the account page.';

ALTER TABLE crm.customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY by_country ON crm.customers FOR SELECT TO shop_support
  USING (country = current_setting('shop.country', true));

GRANT USAGE ON SCHEMA crm, catalog, sales, warehouse TO shop_app, shop_support;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA crm, catalog, sales, warehouse TO shop_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA crm, catalog, sales, warehouse TO shop_app;
GRANT SELECT ON ALL TABLES IN SCHEMA crm, sales TO shop_support;

ANALYZE;
