-- Whether the user said whose server it is; else that is found out anew at each pull.
ALTER TABLE source ADD COLUMN provider_named boolean NOT NULL DEFAULT false;
