-- Marks the blocks on which every row is visible to everybody, so that the index may answer alone. It
-- locks out neither readers nor writers.
VACUUM tasks;
