"""The main job, walked from end to end over public REST and events: one learner's day, credited."""
