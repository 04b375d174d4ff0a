-- What somebody might do by mistake.

DELETE FROM sales.orders WHERE status = 'cancelled';
